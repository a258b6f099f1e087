import { defineEvent } from '../define-event.ts';
import { actor, id, locale, mailRecipient, role } from '../fields.ts';
import { SAMPLE_RECIPIENT, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const RoleChanged = defineEvent({
  type: 'RoleChanged',
  topic: accountsTopic,
  description: 'An admin gave the account another role.',
  effects: 'user: updates the role. notifier: sends a notice.',
  data: { userId: id, role, previousRole: role, changedBy: actor, locale, person: mailRecipient },
  samples: {
    'with person': {
      userId: SAMPLE_USER_ID,
      role: 'admin',
      previousRole: 'user',
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      locale: 'en',
      person: SAMPLE_RECIPIENT,
    },
    'person erased': {
      userId: SAMPLE_USER_ID,
      role: 'admin',
      previousRole: 'user',
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      locale: 'en',
      person: null,
    },
  },
});
