import { defineEvent } from '../define-event.ts';
import { id } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const EmailChangeSettled = defineEvent({
  type: 'EmailChangeSettled',
  topic: accountsTopic,
  description:
    'A change of address can no longer be undone. The previous address is free for other accounts.',
  effects: 'none.',
  data: { userId: id },
  samples: { 'of an account': { userId: SAMPLE_USER_ID } },
});
