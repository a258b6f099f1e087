/** The results of an attempt to send a mail, and what to record about the delivery after each. */
import { assertNever } from '@latchkey/events';
import type { Attempt, ClaimedDelivery } from './delivery.ts';
import { type Failure, isAboutAMail } from './reply.ts';
import type { SuppressionReason } from './suppression.ts';

/** The result of sending a mail. Every kind but the first and the last says where it failed, in the server's words. */
export type SendResult =
  | { readonly kind: 'accepted' }
  /** Permanent: the server will never accept a mail for this recipient. */
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** Refused for good, but perhaps because of us: what happens to other recipients decides. */
  | { readonly kind: 'undecided'; readonly failure: Failure }
  /** This mail was refused because of us: relaying, reputation, quota, content. Must not end it. */
  | { readonly kind: 'rejected'; readonly failure: Failure }
  /** Temporary: the server does not accept this mail now, or disconnected while it was being sent. */
  | { readonly kind: 'deferred'; readonly failure: Failure }
  /** The server accepts no mail, or no more connections, at present. */
  | { readonly kind: 'busy'; readonly failure: Failure }
  /** There was no connection. Says nothing about this mail. */
  | { readonly kind: 'unreachable'; readonly failure: Failure }
  /** The server accepts nothing from us, or we do not trust it: credentials, sender or certificate. */
  | { readonly kind: 'unwelcome'; readonly failure: Failure }
  /** Withdrawn before any content was sent: the lease may have expired, so another process may be sending it. */
  | { readonly kind: 'withdrawn' };

/** How a probe ended: a connection on which no mail was sent. */
export type ProbeResult =
  | { readonly kind: 'welcome' }
  | Extract<SendResult, { readonly kind: 'busy' | 'unreachable' | 'unwelcome' }>;

export type OpenFailure =
  /** Sealed to a key that this process does not have (yet). */
  | { readonly kind: 'unknown-key' }
  /** Sealed to a known key, but cannot be decrypted or parsed. */
  | { readonly kind: 'broken' }
  /** Decrypted, but it contradicts its event: the link of another account. */
  | { readonly kind: 'mismatch' };

/** The result of a whole attempt. */
export type TryResult =
  | SendResult
  | OpenFailure
  /** The mail could not be made: a template failed. */
  | { readonly kind: 'broken-mail' }
  | { readonly kind: 'too-late' }
  /** The address gets no such mail: nothing was sent. */
  | { readonly kind: 'suppressed'; readonly reason: SuppressionReason };

/** What to record about a claimed delivery. */
export type Settlement =
  | { readonly state: 'sent' | 'expired'; readonly at: Date; readonly attempt?: Attempt }
  | { readonly state: 'failed'; readonly at: Date; readonly reason: FailureReason; readonly attempt: Attempt }
  | {
      readonly state: 'suppressed';
      readonly at: Date;
      readonly reason: SuppressionReason;
      readonly attempt: Attempt;
    }
  | { readonly state: 'pending'; readonly dueAt: Date; readonly counts: boolean; readonly attempt?: Attempt };

export type FailureReason = 'refused' | 'unsealable' | 'mismatch';

const FIRST_RETRY_MS = 2_000;
/** No mail is due later than this after a try. */
export const LONGEST_RETRY_MS = 10 * 60_000;
/** While the mail server is down, the circuit controls the retry rate. This only makes another mail the next probe. */
const UNREACHABLE_RETRY_MS = 1_500;

/**
 * Returns the pause before the next attempt, in ms. It doubles from 2 s to 10 min; half of it is multiplied by
 * `random`, so that mails that failed together are not retried together.
 * @param tries the number of attempts so far
 * @param random in [0, 1)
 */
export function retryDelay(tries: number, random: number): number {
  const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries, 30));
  return Math.round(ceiling * (0.5 + random / 2));
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

export interface FinishedTry {
  readonly result: TryResult;
  /** When the attempt began. */
  readonly at: Date;
  /** How long it took, in ms. */
  readonly ms: number;
  /** When it ended. */
  readonly now: Date;
  /** In [0, 1). */
  readonly random: number;
}

/** Returns what to record about a delivery after an attempt. */
export function afterTry(
  { tries }: Pick<ClaimedDelivery, 'tries'>,
  { result, at, ms, now, random }: FinishedTry,
): Settlement {
  const attempt: Attempt = { at, ms, result: result.kind, ...('failure' in result && result.failure) };
  switch (result.kind) {
    case 'accepted':
      return { state: 'sent', at: now, attempt };
    case 'too-late':
      return { state: 'expired', at: now };
    case 'suppressed':
      return { state: 'suppressed', at: now, reason: result.reason, attempt };
    case 'refused':
      return { state: 'failed', at: now, reason: 'refused', attempt };
    case 'mismatch':
      return { state: 'failed', at: now, reason: 'mismatch', attempt };
    case 'broken':
      return { state: 'failed', at: now, reason: 'unsealable', attempt };
    case 'undecided':
    case 'rejected':
    case 'deferred':
    case 'unknown-key':
    case 'broken-mail':
      return backOff();
    case 'busy':
      // After RCPT TO it may be because of this mail: without a back-off it would be the next probe, and the next.
      return isAboutAMail(result.failure.stage) ? backOff() : soon();
    case 'unreachable':
    case 'unwelcome':
    case 'withdrawn':
      return soon();
    default:
      return assertNever(result);
  }

  function backOff(): Settlement {
    return { state: 'pending', dueAt: later(now, retryDelay(tries, random)), counts: true, attempt };
  }
  function soon(): Settlement {
    const dueAt = later(now, UNREACHABLE_RETRY_MS * (0.5 + random / 2));
    return { state: 'pending', dueAt, counts: false, attempt };
  }
}

/** Returns whether a delivery may still be sent at `now`. */
export function inTime(delivery: Pick<ClaimedDelivery, 'sendUntil'>, now: Date): boolean {
  return now.getTime() < delivery.sendUntil.getTime();
}
