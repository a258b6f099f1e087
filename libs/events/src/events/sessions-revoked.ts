import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, mailRecipient } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const SessionsRevoked = defineEvent({
  type: 'SessionsRevoked',
  topic: accountsTopic,
  description:
    'Access tokens whose `seq` is lower than the sequence of this event are invalid. With `sessionId`, only that session has ended and the others get new access tokens; without it, every session has ended.',
  effects:
    'services that accept access tokens: reject those tokens. notifier: sends a notice if the reason is `refresh-reuse` and `person` is present.',
  data: {
    userId: id,
    reason: z.enum([
      'logout-all',
      'password-changed',
      'refresh-reuse',
      'role-changed',
      'disabled',
      'ended',
      'admin',
    ]),
    sessionId: id.optional(),
    locale: locale.optional(),
    person: mailRecipient.optional(),
  },
  samples: {
    'logout-all': { userId: SAMPLE_USER_ID, reason: 'logout-all' },
    'password-changed': { userId: SAMPLE_USER_ID, reason: 'password-changed' },
    'refresh-reuse': { userId: SAMPLE_USER_ID, reason: 'refresh-reuse' },
    'refresh-reuse, one session': {
      userId: SAMPLE_USER_ID,
      reason: 'refresh-reuse',
      sessionId: '01980d2f-10c2-7b44-8d5a-6f1e2a3b4c5d',
    },
    'refresh-reuse, with person': {
      userId: SAMPLE_USER_ID,
      reason: 'refresh-reuse',
      locale: 'en',
      person: { email: 'ada@example.com', username: 'ada' },
    },
    'refresh-reuse, person erased': {
      userId: SAMPLE_USER_ID,
      reason: 'refresh-reuse',
      locale: 'en',
      person: null,
    },
    'role-changed': { userId: SAMPLE_USER_ID, reason: 'role-changed' },
    disabled: { userId: SAMPLE_USER_ID, reason: 'disabled' },
    ended: { userId: SAMPLE_USER_ID, reason: 'ended' },
    admin: { userId: SAMPLE_USER_ID, reason: 'admin' },
  },
});
