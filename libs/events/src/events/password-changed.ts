import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, recipient } from '../fields.ts';
import { SAMPLE_RECIPIENT, USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const PasswordChanged = defineEvent({
  type: 'PasswordChanged',
  topic: accountsTopic,
  description: 'The account has a new password. All its open links are void.',
  effects: 'user: sets `passwordChangedAt`. notifier: sends a notice, except for a first password.',
  data: {
    userId: id,
    how: z.enum(['reset', 'change', 'first']),
    locale,
    person: recipient,
  },
  samples: {
    'with person': { userId: USER_ID, how: 'reset', locale: 'en', person: SAMPLE_RECIPIENT },
    'by the holder': { userId: USER_ID, how: 'change', locale: 'en', person: SAMPLE_RECIPIENT },
    'for the first time': { userId: USER_ID, how: 'first', locale: 'en', person: SAMPLE_RECIPIENT },
    'person erased': { userId: USER_ID, how: 'reset', locale: 'en', person: null },
  },
});
