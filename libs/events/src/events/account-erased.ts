import { defineEvent } from '../define-event.ts';
import { id } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const AccountErased = defineEvent({
  type: 'AccountErased',
  topic: accountsTopic,
  description:
    "The last event of an account: no data that identifies the person may be kept. The account's earlier events have `person: null` wherever they can be replaced.",
  effects:
    'user: deletes the account except for its id and sequence. notifier: sends no further mail, and deletes the addresses of earlier mails.',
  data: { userId: id },
  samples: { erased: { userId: SAMPLE_USER_ID } },
});
