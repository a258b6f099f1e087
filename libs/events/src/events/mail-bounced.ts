import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, mailCause, mailName, personField, recipientFingerprint } from '../fields.ts';
import { deliveriesTopic } from '../topics.ts';

export const MailBounced = defineEvent({
  type: 'MailBounced',
  topic: deliveriesTopic,
  description:
    'A mail bounced after the mail server had accepted it: its recipient does not exist or accepts no mail.',
  effects: 'nothing; the notifier has already suppressed mails of this kind to this recipient.',
  data: {
    deliveryId: id,
    mail: mailName,
    cause: mailCause,
    person: personField({ recipient: recipientFingerprint }),
    status: z
      .string()
      .regex(/^5\.\d{1,3}\.\d{1,3}$/)
      .optional()
      .describe('The enhanced status code (RFC 3463), if the report had one.'),
  },
  samples: {
    'with a status': {
      deliveryId: '6e73bb0a-007d-5cbd-a2dc-baf2ea772706',
      mail: 'verify-email',
      cause: {
        subject: '01980d2e-6c1f-7a44-9d35-2f7b0c9e4a10',
        eventId: '01980d2e-6c20-7b02-8a44-91e7d5c3b2a1',
      },
      person: { recipient: 'd1ef5ee7c7a8dc6aff9ae4a4aa7b8e4b' },
      status: '5.1.1',
    },
    'without a status': {
      deliveryId: '6e73bb0a-007d-5cbd-a2dc-baf2ea772706',
      mail: 'welcome',
      cause: {
        subject: '01980d2e-6c1f-7a44-9d35-2f7b0c9e4a10',
        eventId: '01980d2e-6c20-7b02-8a44-91e7d5c3b2a1',
      },
      person: { recipient: 'd1ef5ee7c7a8dc6aff9ae4a4aa7b8e4b' },
    },
    'person erased': {
      deliveryId: '6e73bb0a-007d-5cbd-a2dc-baf2ea772706',
      mail: 'welcome',
      cause: {
        subject: '01980d2e-6c1f-7a44-9d35-2f7b0c9e4a10',
        eventId: '01980d2e-6c20-7b02-8a44-91e7d5c3b2a1',
      },
      person: null,
    },
  },
});
