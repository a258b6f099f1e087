import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, recipient } from '../fields.ts';
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
    'with person': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      how: 'reset',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
    },
    'by the holder': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      how: 'change',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
    },
    'for the first time': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      how: 'first',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
    },
    'person erased': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      how: 'reset',
      locale: 'en',
      person: null,
    },
  },
});
