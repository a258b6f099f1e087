import { defineEvent } from '../define-event.ts';
import { id, locale, recipient, sealedToken } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const VerificationRequested = defineEvent({
  type: 'VerificationRequested',
  topic: accountsTopic,
  description: 'A new verification link was requested. It replaces the earlier ones.',
  effects: 'notifier: sends the link, if there is one.',
  data: { userId: id, locale, person: recipient, verification: sealedToken.optional() },
  samples: {
    'with person': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
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
    'without a link': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
    },
    'person erased': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
      person: null,
    },
  },
});
