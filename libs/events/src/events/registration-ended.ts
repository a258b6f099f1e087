import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const RegistrationEnded = defineEvent({
  type: 'RegistrationEnded',
  topic: accountsTopic,
  description: 'The account was never verified and has ended for good.',
  effects: 'user: forgets the account except for its id and sequence. notifier: sends no further mail.',
  data: { userId: id, reason: z.enum(['expired', 'rejected', 'superseded']) },
  samples: {
    expired: {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'expired',
    },
    rejected: {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'rejected',
    },
    superseded: {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      reason: 'superseded',
    },
  },
});
