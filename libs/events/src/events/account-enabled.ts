import { defineEvent } from '../define-event.ts';
import { actor, id, personalDataField, reason } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const AccountEnabled = defineEvent({
  type: 'AccountEnabled',
  topic: accountsTopic,
  description: 'An admin enabled a disabled account.',
  effects: 'user: marks the profile as enabled.',
  data: { userId: id, changedBy: actor, person: personalDataField({ reason: reason.optional() }) },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: {
        reason: 'Back from leave',
      },
    },
    'without a reason': {
      userId: SAMPLE_USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: {},
    },
    'person erased': {
      userId: SAMPLE_USER_ID,
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: null,
    },
  },
});
