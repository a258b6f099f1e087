/** Reads reports that arrive as mails: delivery reports (RFC 3464) and feedback reports (RFC 5965). */
import PostalMime, { type Attachment } from 'postal-mime';
import { extractEnhancedStatus, isHardBounce } from '../delivery/hard-bounce.ts';
import type { MailReportReader, ParsedMailReport, UnparsedMailReport } from '../ports/reports.ts';
import type { ReturnPaths } from '../reports/return-paths.ts';

/**
 * Limits for parsing reports, which protect against hostile mails. A genuine report has three parts, and
 * headers of a few kilobytes.
 */
const LIMITS = {
  forceRfc822Attachments: true,
  maxNestingDepth: 16,
  maxHeadersSize: 64 * 1024,
  maxRfc822NestingDepth: 0,
};
/** The maximum number of bytes to read of each part of a report. */
const MAX_PART_BYTES = 64 * 1024;

const NOTHING: ParsedMailReport = { kind: 'nothing' };
const FORGED: ParsedMailReport = { kind: 'forged' };

type Fields = ReadonlyMap<string, string>;

/**
 * Splits a part of a report into its groups of fields, which are separated by empty lines. Field names are
 * converted to lower case.
 */
function groupsOf(part: Attachment | undefined): readonly Fields[] {
  if (part === undefined || typeof part.content === 'string') return [];
  const bytes = Buffer.from(part.content as ArrayBuffer).subarray(0, MAX_PART_BYTES);
  const unfolded = bytes
    .toString('utf8')
    .replaceAll('\r\n', '\n')
    .replaceAll(/\n[ \t]/g, ' ');
  return unfolded.split('\n\n').map((group) => {
    const pairs = group.split('\n').map((line): readonly [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()];
    });
    return new Map(pairs);
  });
}

/**
 * Reads a delivery report, which says that a mail bounced. Only the first failed recipient in the report
 * counts, because each mail of Latchkey has a single recipient.
 */
function bounceIn(groups: readonly Fields[], delivery: string): ParsedMailReport {
  const failed = groups.find((group) => group.get('action')?.toLowerCase() === 'failed');
  if (failed === undefined) return NOTHING;
  const status = extractEnhancedStatus(failed.get('status'));
  if (!isHardBounce({ status, diagnostic: failed.get('diagnostic-code') })) return NOTHING;
  return {
    kind: 'report',
    delivery,
    state: 'bounced',
    ...(status?.startsWith('5.') && { status }),
  };
}

/**
 * Returns whether a feedback report is a complaint, by its type. `not-spam` is not a complaint: it reports
 * that a mail was wrongly treated as spam.
 */
function isComplaint(type: string | undefined): boolean {
  return type !== undefined && type.toLowerCase() !== 'not-spam';
}

/**
 * Creates the reader of reports that arrive as mails. A report is genuine if it was sent to the return path
 * of a mail, because only somebody who has received that mail knows this return path. A feedback report may
 * instead be sent to the common address for feedback, if it quotes the return path.
 */
export function createMimeReportReader(returnPaths: ReturnPaths): MailReportReader {
  function deliveryOf(candidates: readonly (string | undefined)[]): string | undefined {
    for (const candidate of candidates) {
      const delivery = returnPaths.deliveryIn(candidate?.replace(/^<|>$/g, '') ?? '');
      if (delivery !== undefined) return delivery;
    }
    return undefined;
  }

  async function read({ body, proof = '' }: UnparsedMailReport): Promise<ParsedMailReport> {
    const addressed = returnPaths.deliveryIn(proof);
    if (addressed === undefined && !returnPaths.isForFeedback(proof)) return FORGED;
    const { attachments } = await PostalMime.parse(body, LIMITS);
    function part(type: RegExp) {
      return attachments.find(({ mimeType }) => type.test(mimeType));
    }
    const [feedback] = groupsOf(part(/^message\/feedback-report$/));
    if (feedback !== undefined) {
      if (!isComplaint(feedback.get('feedback-type'))) return NOTHING;
      const [original] = groupsOf(part(/^(message\/(global|rfc822)|text\/rfc822-headers)$/));
      const quoted = [feedback.get('original-mail-from'), original?.get('return-path')];
      const delivery = addressed ?? deliveryOf(quoted);
      return delivery === undefined ? FORGED : { kind: 'report', delivery, state: 'complained' };
    }
    const status = groupsOf(part(/^message\/(global-)?delivery-status$/));
    return addressed === undefined ? NOTHING : bounceIn(status, addressed);
  }

  return {
    source: 'mail',
    // A mail that cannot be parsed is not a report.
    read: (incoming) => read(incoming).catch(() => NOTHING),
  };
}
