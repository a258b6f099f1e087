import { defineEvent } from '../define-event.ts';
import { mailReportFields } from '../fields.ts';
import { SAMPLE_MAIL_REPORT } from '../sample-values.ts';
import { deliveriesTopic } from '../topics.ts';

export const MailMarkedAsSpam = defineEvent({
  type: 'MailMarkedAsSpam',
  topic: deliveriesTopic,
  description: 'The recipient of a mail complained about it, usually by marking it as spam.',
  effects: 'nothing; the notifier has already suppressed mails of this kind to this recipient.',
  data: mailReportFields,
  samples: {
    'of a welcome mail': SAMPLE_MAIL_REPORT,
    'person erased': { ...SAMPLE_MAIL_REPORT, person: null },
  },
});
