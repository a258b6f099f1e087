import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, person } from '../fields.ts';
import { USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const AccountDisabled = defineEvent({
  type: 'AccountDisabled',
  topic: accountsTopic,
  description: 'An admin disabled the account. Its holder cannot sign in until it is enabled again.',
  effects: "user: marks the profile. notifier: cancels the account's pending mails.",
  data: { userId: id, changedBy: z.string(), person: person({ reason: z.string().optional() }) },
  samples: {
    'with person': {
      userId: USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: {
        reason: 'Asked for by the holder',
      },
    },
    'without a reason': {
      userId: USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: {},
    },
    'person erased': { userId: USER_ID, changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1', person: null },
  },
});
