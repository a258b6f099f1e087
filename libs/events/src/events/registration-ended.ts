import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const RegistrationEnded = defineEvent({
  type: 'RegistrationEnded',
  topic: accountsTopic,
  description: 'The account was never verified and has ended permanently.',
  effects: 'user: deletes the account except for its id and sequence. notifier: sends no further mail.',
  data: { userId: id, reason: z.enum(['expired', 'rejected', 'superseded']) },
  samples: {
    expired: { userId: SAMPLE_USER_ID, reason: 'expired' },
    rejected: { userId: SAMPLE_USER_ID, reason: 'rejected' },
    superseded: { userId: SAMPLE_USER_ID, reason: 'superseded' },
  },
});
