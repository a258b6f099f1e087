import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, mailRecipient } from '../fields.ts';
import { SAMPLE_RECIPIENT, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const PasswordChanged = defineEvent({
  type: 'PasswordChanged',
  topic: accountsTopic,
  description: 'The account has a new password. All open links of the account are void.',
  effects: 'user: sets `passwordChangedAt`. notifier: sends a notice, except for a first password.',
  data: {
    userId: id,
    how: z.enum(['reset', 'change', 'first']),
    locale,
    person: mailRecipient,
  },
  samples: {
    'with person': { userId: SAMPLE_USER_ID, how: 'reset', locale: 'en', person: SAMPLE_RECIPIENT },
    'by the holder': { userId: SAMPLE_USER_ID, how: 'change', locale: 'en', person: SAMPLE_RECIPIENT },
    'for the first time': { userId: SAMPLE_USER_ID, how: 'first', locale: 'en', person: SAMPLE_RECIPIENT },
    'person erased': { userId: SAMPLE_USER_ID, how: 'reset', locale: 'en', person: null },
  },
});
