import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, person, role, sealedToken } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const UserRegistered = defineEvent({
  type: 'UserRegistered',
  topic: accountsTopic,
  description:
    'Somebody signed up: a new, unverified account. `verification` is absent if another account has already proven the address.',
  effects:
    'user: creates an unverified profile. notifier: sends the verification mail, or "you already have an account" without `verification`.',
  data: {
    userId: id,
    role,
    locale,
    person: person({
      email: z.string(),
      username: z.string(),
      firstName: z.string().optional(),
      lastName: z.string().optional(),
    }),
    verification: sealedToken.optional(),
  },
  samples: {
    'with person': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      role: 'user',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
        firstName: 'Ada',
        lastName: 'Lovelace',
      },
      verification: {
        sealed:
          'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InNhbXBsZSJ9..c2FtcGxl.c2FtcGxl.c2FtcGxl',
        expiresAt: '2026-01-02T09:30:00.000Z',
      },
    },
    'without names': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      role: 'user',
      locale: 'de',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
      verification: {
        sealed:
          'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImtpZCI6InNhbXBsZSJ9..c2FtcGxl.c2FtcGxl.c2FtcGxl',
        expiresAt: '2026-01-02T09:30:00.000Z',
      },
    },
    'of a proven address': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      role: 'user',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
    },
    'person erased': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      role: 'user',
      locale: 'en',
      person: null,
    },
  },
});
