import { defineEvent } from '../define-event.ts';
import { id } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const PasswordRehashed = defineEvent({
  type: 'PasswordRehashed',
  topic: accountsTopic,
  description:
    'A sign-in replaced the stored password hash because the key or the cost of hashes had changed. The password is the same.',
  effects: 'none.',
  data: { userId: id },
  samples: { ordinary: { userId: SAMPLE_USER_ID } },
});
