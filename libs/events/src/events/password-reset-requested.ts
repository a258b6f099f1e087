import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, mailRecipient, sealedToken } from '../fields.ts';
import { SAMPLE_RECIPIENT, SAMPLE_SEALED_LINK, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const PasswordResetRequested = defineEvent({
  type: 'PasswordResetRequested',
  topic: accountsTopic,
  description:
    'A reset link was requested. If `verifies` is true, completing the reset also verifies the account.',
  effects:
    'notifier: sends the reset link, or "choose a password" if `verifies` is true. Without `reset` it sends nothing.',
  data: {
    userId: id,
    locale,
    person: mailRecipient,
    reset: sealedToken.optional(),
    verifies: z.boolean(),
  },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      locale: 'en',
      person: SAMPLE_RECIPIENT,
      reset: SAMPLE_SEALED_LINK,
      verifies: false,
    },
    'of an unverified account': {
      userId: SAMPLE_USER_ID,
      locale: 'en',
      person: SAMPLE_RECIPIENT,
      reset: SAMPLE_SEALED_LINK,
      verifies: true,
    },
    'without a link': { userId: SAMPLE_USER_ID, locale: 'en', person: SAMPLE_RECIPIENT, verifies: true },
    'person erased': { userId: SAMPLE_USER_ID, locale: 'en', person: null, verifies: false },
  },
});
