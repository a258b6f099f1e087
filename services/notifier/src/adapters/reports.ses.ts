/**
 * Reads reports of Amazon SES, which arrive through SNS:
 * https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html and
 * event-publishing-retrieving-sns-contents.html
 */
import { parseJson } from '@latchkey/process';
import { z } from 'zod';
import { extractEnhancedStatus, isHardBounce } from '../delivery/hard-bounce.ts';
import type { MailReportReader, ParsedMailReport } from '../ports/reports.ts';
import { computeAddressFingerprint } from '../recipient.ts';
import { createSnsReader, type SnsReaderDeps } from './sns.ts';

const complained = z.object({ emailAddress: z.string() });
const bounced = complained.extend({ status: z.string().nullish(), diagnosticCode: z.string().nullish() });

const notification = z.object({
  notificationType: z.string().optional(),
  eventType: z.string().optional(),
  mail: z.object({
    headers: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  }),
  bounce: z.object({ bounceType: z.string(), bouncedRecipients: z.array(bounced).min(1) }).optional(),
  complaint: z
    .object({
      complainedRecipients: z.array(complained).min(1),
      complaintFeedbackType: z.string().nullish(),
    })
    .optional(),
});
type Notification = z.infer<typeof notification>;
type Bounce = NonNullable<Notification['bounce']>;

const NOTHING: ParsedMailReport = { kind: 'nothing' };

/**
 * Returns the id of the delivery that a notification of Amazon SES is about. Latchkey's mails have a
 * Message-ID that begins with this id.
 */
function deliveryOf({ mail }: Notification): string | undefined {
  const header = mail.headers?.find(({ name }) => name.toLowerCase() === 'message-id');
  return /^\s*<([0-9a-f-]{36})@/i.exec(header?.value ?? '')?.[1]?.toLowerCase();
}

function fingerprintOf(address: string): string {
  return computeAddressFingerprint(/<([^<>]*)>\s*$/.exec(address)?.[1] ?? address);
}

/**
 * Reads a bounce that Amazon SES reports. Only the first recipient counts, because each mail of Latchkey has
 * a single recipient. SES calls a bounce permanent after any 5xx reply, even if the reply is about the
 * sender.
 */
function bounceIn({ bounceType, bouncedRecipients }: Bounce, delivery: string): ParsedMailReport {
  const [recipient] = bouncedRecipients;
  if (bounceType !== 'Permanent' || recipient === undefined) return NOTHING;
  const status = extractEnhancedStatus(recipient.status ?? undefined);
  const diagnostic = recipient.diagnosticCode ?? undefined;
  if (!isHardBounce({ status, diagnostic }, true)) return NOTHING;
  return {
    kind: 'report',
    delivery,
    state: 'bounced',
    ...(status && { status }),
    recipient: fingerprintOf(recipient.emailAddress),
  };
}

function reportIn(given: Notification): ParsedMailReport {
  const delivery = deliveryOf(given);
  if (delivery === undefined) return NOTHING;
  const type = given.notificationType ?? given.eventType;
  if (type === 'Bounce' && given.bounce) return bounceIn(given.bounce, delivery);
  const [recipient] = given.complaint?.complainedRecipients ?? [];
  if (type === 'Complaint' && given.complaint?.complaintFeedbackType !== 'not-spam' && recipient)
    return {
      kind: 'report',
      delivery,
      state: 'complained',
      recipient: fingerprintOf(recipient.emailAddress),
    };
  return NOTHING;
}

/**
 * Creates the reader of the reports of Amazon SES. It confirms the subscription to the configured SNS topic,
 * and accepts signed messages of that topic only.
 */
export function createSesReportReader(deps: SnsReaderDeps): MailReportReader {
  const sns = createSnsReader(deps);

  return {
    source: 'ses',
    async read({ body }) {
      const checked = await sns.check(body.toString('utf8'));
      if (checked.kind !== 'genuine') return checked;
      const { message } = checked;
      if (message.Type === 'SubscriptionConfirmation')
        return (await sns.confirm(message)) ? NOTHING : { kind: 'unchecked' };
      if (message.Type !== 'Notification') return NOTHING;
      const given = notification.safeParse(parseJson(message.Message)).data;
      return given === undefined ? NOTHING : reportIn(given);
    },
  };
}
