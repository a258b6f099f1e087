import { defineEvent } from '../define-event.ts';
import { id, locale, mailRecipient } from '../fields.ts';
import { SAMPLE_RECIPIENT, SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const AccountVerified = defineEvent({
  type: 'AccountVerified',
  topic: accountsTopic,
  description: 'The address of this account was verified.',
  effects: 'user: sets `isVerified`. notifier: sends the welcome mail.',
  data: { userId: id, locale, person: mailRecipient },
  samples: {
    'with person': { userId: SAMPLE_USER_ID, locale: 'en', person: SAMPLE_RECIPIENT },
    'person erased': { userId: SAMPLE_USER_ID, locale: 'en', person: null },
  },
});
