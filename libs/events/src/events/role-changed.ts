import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, locale, recipient, role } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const RoleChanged = defineEvent({
  type: 'RoleChanged',
  topic: accountsTopic,
  description: 'An admin gave the account another role.',
  effects: 'user: updates the role. notifier: sends a notice.',
  data: { userId: id, role, previousRole: role, changedBy: z.string(), locale, person: recipient },
  samples: {
    'with person': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      role: 'admin',
      previousRole: 'user',
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
    },
    'person erased': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      role: 'admin',
      previousRole: 'user',
      changedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      locale: 'en',
      person: null,
    },
  },
});
