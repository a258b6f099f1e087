import { defineEvent } from '../define-event.ts';
import { id, locale, mailRecipient, sealedToken } from '../fields.ts';
import { SAMPLE_RECIPIENT, SAMPLE_SEALED_LINK, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const VerificationRequested = defineEvent({
  type: 'VerificationRequested',
  topic: accountsTopic,
  description: 'A new verification link was requested. The new link replaces earlier links.',
  effects: 'notifier: sends the link, if there is one.',
  data: { userId: id, locale, person: mailRecipient, verification: sealedToken.optional() },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      locale: 'en',
      person: SAMPLE_RECIPIENT,
      verification: SAMPLE_SEALED_LINK,
    },
    'without a link': { userId: SAMPLE_USER_ID, locale: 'en', person: SAMPLE_RECIPIENT },
    'person erased': { userId: SAMPLE_USER_ID, locale: 'en', person: null },
  },
});
