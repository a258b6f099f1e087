import { defineEvent } from '../define-event.ts';
import { actor, id } from '../fields.ts';
import { SAMPLE_USER_ID } from '../sample-values.ts';
import { accountsTopic } from '../topics.ts';

export const EmailChangeCanceled = defineEvent({
  type: 'EmailChangeCanceled',
  topic: accountsTopic,
  description:
    'An operator canceled a requested change of address. The link that confirms the change is void.',
  effects: 'notifier: cancels the mail with the link, if it is pending.',
  data: {
    userId: id,
    /** Always `ops`: only the command line cancels a change of the email address. */
    canceledBy: actor,
  },
  samples: { 'by an operator': { userId: SAMPLE_USER_ID, canceledBy: 'ops' } },
});
