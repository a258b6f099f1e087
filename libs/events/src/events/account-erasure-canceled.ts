import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { actor, id } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const AccountErasureCanceled = defineEvent({
  type: 'AccountErasureCanceled',
  topic: accountsTopic,
  description:
    'The account will not be erased, because its owner or an admin canceled the erasure. The account is enabled again, unless it was disabled before the request.',
  effects:
    'user: marks the profile as enabled, unless it was disabled before the request. notifier: nothing.',
  data: {
    userId: id,
    /** Who canceled the erasure: the account itself, an admin, or `ops`. */
    canceledBy: actor,
    /**
     * Whether the account remains disabled, because it was already disabled before the erasure was requested.
     */
    disabled: z.boolean(),
  },
  samples: {
    'by its owner': { userId: SAMPLE_USER_ID, canceledBy: SAMPLE_USER_ID, disabled: false },
    'by an operator': { userId: SAMPLE_USER_ID, canceledBy: 'ops', disabled: true },
  },
});
