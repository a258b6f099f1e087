import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const SessionsRevoked = defineEvent({
  type: 'SessionsRevoked',
  topic: accountsTopic,
  description:
    'Access tokens whose `seq` is lower than the sequence of this event are invalid. With `sessionId`, that session has ended and the others get new tokens; without it, every session has ended.',
  effects: 'everyone who accepts access tokens: reject those tokens.',
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
  },
  samples: {
    'logout-all': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'logout-all',
    },
    'password-changed': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'password-changed',
    },
    'refresh-reuse': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'refresh-reuse',
    },
    'refresh-reuse, one session': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'refresh-reuse',
      sessionId: '01980d2f-10c2-7b44-8d5a-6f1e2a3b4c5d',
    },
    'role-changed': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'role-changed',
    },
    disabled: {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'disabled',
    },
    ended: {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'ended',
    },
    admin: {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'admin',
    },
  },
});
