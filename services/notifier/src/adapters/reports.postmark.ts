/**
 * Reports of Postmark: https://postmarkapp.com/developer/webhooks/bounce-webhook and spam-complaint-webhook.
 * Postmark does not sign its reports. With each report, it sends the user name and password from the
 * webhook's URL.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { parseJson } from '@latchkey/process';
import { z } from 'zod';
import { isHardBounce } from '../delivery/hard-bounce.ts';
import type { MailReportReader, ParsedMailReport } from '../ports/reports.ts';
import { computeAddressFingerprint } from '../recipient.ts';

/** The name of the metadata field for the delivery's id. Mails carry it in the header `X-PM-Metadata-delivery`. */
export const POSTMARK_METADATA_KEY = 'delivery';

const webhook = z.object({
  RecordType: z.string(),
  Type: z.string().optional(),
  Email: z.string(),
  Details: z.string().optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
});

/**
 * The types of bounces after which Postmark sends no more mail to an address. Postmark regards the address as
 * nonexistent, but the mail server's reply in `Details` may be about the sender.
 */
const HARD = ['HardBounce', 'BadEmailAddress'];
/**
 * Matches an enhanced status code (such as 5.1.1) anywhere in a text, but not the beginning of an IP address.
 */
const STATUS = /(?<![\d.])5\.\d{1,3}\.\d{1,3}(?!\.?\d)/;

const NOTHING: ParsedMailReport = { kind: 'nothing' };

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Creates the reader of Postmark's reports. @param credentials user name and password of the webhook, for example
 * `latchkey:secret`
 */
export function createPostmarkReportReader(credentials: string): MailReportReader {
  const expected = digest(`Basic ${Buffer.from(credentials).toString('base64')}`);

  return {
    source: 'postmark',
    async read({ body, proof = '' }) {
      if (!timingSafeEqual(digest(proof), expected)) return { kind: 'forged' };
      const given = webhook.safeParse(parseJson(body.toString('utf8'))).data;
      const metadata = Object.entries(given?.Metadata ?? {});
      const [, id] = metadata.find(([name]) => name.toLowerCase() === POSTMARK_METADATA_KEY) ?? [];
      if (given === undefined || typeof id !== 'string') return NOTHING;
      const report = {
        kind: 'report',
        delivery: id,
        recipient: computeAddressFingerprint(given.Email),
      } as const;
      if (given.RecordType === 'SpamComplaint') return { ...report, state: 'complained' };
      if (given.RecordType !== 'Bounce' || !HARD.includes(given.Type ?? '')) return NOTHING;
      const status = STATUS.exec(given.Details ?? '')?.[0];
      if (!isHardBounce({ status, diagnostic: given.Details }, true)) return NOTHING;
      return { ...report, state: 'bounced', ...(status && { status }) };
    },
  };
}
