/** Determines what a delivery report (RFC 3464) says about the recipient's address. */
import { interpretReply } from './judge-reply.ts';
import { parseSmtpReply } from './reply.ts';

/** The fields of a delivery report that give the reason for a failure. */
export interface BounceDetails {
  /** The field `Status`: an enhanced status code (RFC 3463). */
  readonly status?: string | undefined;
  /** The field `Diagnostic-Code`, for example `smtp; 550 5.1.1 User unknown`. */
  readonly diagnostic?: string | undefined;
}

const STATUS = /^[245]\.\d{1,3}\.\d{1,3}(?![\d.])/;

/**
 * Returns the enhanced status code at the start of a `Status` field, which may end with a comment; undefined
 * if there is none.
 */
export function extractEnhancedStatus(field: string | undefined): string | undefined {
  return STATUS.exec(field?.trim() ?? '')?.[0];
}

/** Matches the enhanced status code 5.0.0, which gives no reason for the failure. */
const SAYS_NOTHING = /^5\.0\.0$/;
/** Reply codes about the mailbox that a server may send without an enhanced status code (RFC 5321 4.2.3). */
const ABOUT_THE_MAILBOX: readonly number[] = [550, 551, 553];

/**
 * Returns whether a bounce shows that no mail to the address will ever arrive. Returns false if a later mail
 * may arrive: the server refused us as the sender, the mailbox was full, or the server was unavailable for
 * too long.
 * @param otherwise the provider's own classification of the bounce. It is returned only if the report
 * contains neither a meaningful status code nor a reply of the server, because providers also classify
 * refusals of the sender as permanent
 */
export function isHardBounce({ status, diagnostic = '' }: BounceDetails, otherwise = false): boolean {
  const reply = parseSmtpReply(diagnostic.replace(/^smtp\s*;\s*/i, ''));
  const enhanced = status === undefined || SAYS_NOTHING.test(status) ? reply?.enhanced : status;
  if (enhanced === undefined && reply === undefined) return otherwise;
  if (enhanced !== undefined && !enhanced.startsWith('5.')) return false;
  const { code = 550, text = '' } = reply ?? {};
  switch (interpretReply('rcpt', { code, text, ...(enhanced && { enhanced }) })) {
    case 'recipient':
      return true;
    case 'undecided':
      return reply !== undefined && enhanced === undefined && ABOUT_THE_MAILBOX.includes(code);
    default:
      return false;
  }
}
