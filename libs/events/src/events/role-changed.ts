import { defineEvent } from '../define-event.ts';
import { actor, id, locale, recipient, role } from '../fields.ts';
import { SAMPLE_RECIPIENT, USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const RoleChanged = defineEvent({
  type: 'RoleChanged',
  topic: accountsTopic,
  description: 'An admin gave the account another role.',
  effects: 'user: updates the role. notifier: sends a notice.',
  data: { userId: id, role, previousRole: role, changedBy: actor, locale, person: recipient },
  samples: {
    'with person': {
      userId: USER_ID,
      role: 'admin',
      previousRole: 'user',
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      locale: 'en',
      person: SAMPLE_RECIPIENT,
    },
    'person erased': {
      userId: USER_ID,
      role: 'admin',
      previousRole: 'user',
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      locale: 'en',
      person: null,
    },
  },
});
