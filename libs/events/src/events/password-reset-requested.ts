import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, recipient, sealedToken } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const PasswordResetRequested = defineEvent({
  type: 'PasswordResetRequested',
  topic: accountsTopic,
  description:
    'A reset link was requested. If `verifies` is true, completing the reset also verifies the account.',
  effects:
    'notifier: sends the reset link, or "choose a password" if `verifies` is true; nothing without `reset`.',
  data: {
    userId: id,
    locale,
    person: recipient,
    reset: sealedToken.optional(),
    verifies: z.boolean(),
  },
  samples: {
    'with person': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
      reset: {
        sealed:
          'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InNhbXBsZSJ9..c2FtcGxl.c2FtcGxl.c2FtcGxl',
        expiresAt: '2026-01-02T09:30:00.000Z',
      },
      verifies: false,
    },
    'of an unverified account': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
      reset: {
        sealed:
          'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InNhbXBsZSJ9..c2FtcGxl.c2FtcGxl.c2FtcGxl',
        expiresAt: '2026-01-02T09:30:00.000Z',
      },
      verifies: true,
    },
    'without a link': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
      verifies: true,
    },
    'person erased': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
      person: null,
      verifies: false,
    },
  },
});
