import { defineEvent } from '../define-event.ts';
import { id, locale, recipient, sealedToken } from '../fields.ts';
import { ADA, LINK, USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const VerificationRequested = defineEvent({
  type: 'VerificationRequested',
  topic: accountsTopic,
  description: 'A new verification link was requested. It replaces earlier links.',
  effects: 'notifier: sends the link, if there is one.',
  data: { userId: id, locale, person: recipient, verification: sealedToken.optional() },
  samples: {
    'with person': { userId: USER_ID, locale: 'en', person: ADA, verification: LINK },
    'without a link': { userId: USER_ID, locale: 'en', person: ADA },
    'person erased': { userId: USER_ID, locale: 'en', person: null },
  },
});
