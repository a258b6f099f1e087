import { defineEvent } from '../define-event.ts';
import { email, id, locale, personalDataField, sealedToken, username } from '../fields.ts';
import { SAMPLE_SEALED_LINK, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const EmailChanged = defineEvent({
  type: 'EmailChanged',
  topic: accountsTopic,
  description:
    'The account has a new address, which was confirmed. All open links of the account are void. The previous address remains reserved until `undo` expires.',
  effects:
    'user: sets `email`. notifier: sends a notice to the previous address, with a link that undoes the change.',
  data: {
    userId: id,
    locale,
    person: personalDataField({ email, username, previousEmail: email, undo: sealedToken }),
  },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      locale: 'en',
      person: {
        email: 'countess@example.com',
        username: 'ada',
        previousEmail: 'ada@example.com',
        undo: SAMPLE_SEALED_LINK,
      },
    },
    'person erased': { userId: SAMPLE_USER_ID, locale: 'en', person: null },
  },
});
