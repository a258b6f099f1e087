import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { mailReportFields } from '../fields.ts';
import { SAMPLE_MAIL_REPORT } from '../sample-values.ts';
import { deliveriesTopic } from '../topics.ts';

export const MailBounced = defineEvent({
  type: 'MailBounced',
  topic: deliveriesTopic,
  description:
    'A mail bounced after the mail server had accepted it: its recipient does not exist or accepts no mail.',
  effects: 'nothing; the notifier has already suppressed mails of this kind to this recipient.',
  data: {
    ...mailReportFields,
    status: z
      .string()
      .regex(/^5\.\d{1,3}\.\d{1,3}$/)
      .optional()
      .describe('The enhanced status code (RFC 3463), if the report had one.'),
  },
  samples: {
    'with a status': { ...SAMPLE_MAIL_REPORT, mail: 'verify-email', status: '5.1.1' },
    'without a status': SAMPLE_MAIL_REPORT,
    'person erased': { ...SAMPLE_MAIL_REPORT, person: null },
  },
});
