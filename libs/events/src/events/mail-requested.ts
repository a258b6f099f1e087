import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { email, id, personalDataField } from '../fields.ts';
import { mailingsTopic } from '../topics.ts';

export const MailRequested = defineEvent({
  type: 'MailRequested',
  topic: mailingsTopic,
  description: 'An admin requested a mail to each of these recipients.',
  effects: 'notifier: sends one mail per recipient.',
  data: {
    mailingId: id,
    template: z.enum(['welcome']),
    requestedBy: id,
    person: personalDataField({ recipients: z.array(email).min(1).max(100) }),
  },
  samples: {
    'with person': {
      mailingId: '01980f63-77b8-7a90-b5d1-0e2f4c6a8b9d',
      template: 'welcome',
      requestedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: {
        recipients: ['ada@example.com', 'grace@example.com'],
      },
    },
    'person erased': {
      mailingId: '01980f63-77b8-7a90-b5d1-0e2f4c6a8b9d',
      template: 'welcome',
      requestedBy: '01980a11-0c20-7b02-8a44-91e7d5c3b2a1',
      person: null,
    },
  },
});
