import { defineEvent } from '../define-event.ts';
import { id, locale, recipient } from '../fields.ts';
import { accountsTopic } from '../topics.ts';

export const AccountVerified = defineEvent({
  type: 'AccountVerified',
  topic: accountsTopic,
  description: 'The owner of the mailbox has proven the address of this account.',
  effects: 'user: sets `isVerified`. notifier: sends the welcome mail.',
  data: { userId: id, locale, person: recipient },
  samples: {
    'with person': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
      person: {
        email: 'ada@example.com',
        username: 'ada',
      },
    },
    'person erased': {
      userId: '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f',
      locale: 'en',
      person: null,
    },
  },
});
