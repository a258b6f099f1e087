import { defineEvent } from '../define-event.ts';
import { email, id, locale, personalDataField, sealedToken, username } from '../fields.ts';
import { SAMPLE_SEALED_LINK, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

const ada = { email: 'ada@example.com', username: 'ada', newEmail: 'countess@example.com' };

export const EmailChangeRequested = defineEvent({
  type: 'EmailChangeRequested',
  topic: accountsTopic,
  description:
    'The owner requested a new address and gave the password. The address has not changed yet. `confirmation` is absent if the new address belongs to another account.',
  effects:
    'notifier: sends a link to the new address or, without `confirmation`, "this address is in use". Earlier links become invalid.',
  data: {
    userId: id,
    locale,
    person: personalDataField({ email, username, newEmail: email, confirmation: sealedToken.optional() }),
  },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      locale: 'en',
      person: { ...ada, confirmation: SAMPLE_SEALED_LINK },
    },
    'of an address in use': { userId: SAMPLE_USER_ID, locale: 'en', person: ada },
    'person erased': { userId: SAMPLE_USER_ID, locale: 'en', person: null },
  },
});
