import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const SessionsRevoked = defineEvent({
  type: 'SessionsRevoked',
  topic: accountsTopic,
  description: 'Access tokens whose `seq` is lower than the sequence of this event are invalid.',
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
