/** Determines what a delivery report (RFC 3464) says about the address. */
import { judgeReply } from './judge-reply.ts';
import { parseReply } from './reply.ts';

export interface DeliveryFailure {
  /** The field `Status`: an enhanced status code (RFC 3463). */
  readonly status?: string | undefined;
  /** The field `Diagnostic-Code`, for example `smtp; 550 5.1.1 User unknown`. */
  readonly diagnostic?: string | undefined;
}

/** Matches the code that only says that a mail failed. */
const SAYS_NOTHING = /^5\.0\.0$/;
/** Codes about the mailbox that a server may send without an enhanced status code (RFC 5321 4.2.3). */
const ABOUT_THE_MAILBOX: readonly number[] = [550, 551, 553];

/**
 * Returns whether mails to the address will never arrive. Returns false if the server refused us as the sender, the
 * mailbox was full, or the server was unavailable for too long. In all three cases, a later mail may arrive.
 */
export function isHardBounce({ status, diagnostic = '' }: DeliveryFailure): boolean {
  const reply = parseReply(diagnostic.replace(/^smtp\s*;\s*/i, ''));
  const enhanced = status === undefined || SAYS_NOTHING.test(status) ? reply?.enhanced : status;
  if (enhanced !== undefined && !enhanced.startsWith('5.')) return false;
  const { code = 550, text = '' } = reply ?? {};
  switch (judgeReply('rcpt', { code, text, ...(enhanced && { enhanced }) })) {
    case 'recipient':
      return true;
    case 'undecided':
      return reply !== undefined && enhanced === undefined && ABOUT_THE_MAILBOX.includes(code);
    default:
      return false;
  }
}
