/** The results of an attempt to send a mail, and how each changes the delivery. */
import { assertNever } from '@latchkey/events';
import type { ClaimedDelivery, DeliveryAttempt, RedactedRecipient } from './delivery.ts';
import { type AttemptFailureDetails, mayReplyBeAboutThisMail } from './reply.ts';
import type { SuppressionReason } from './suppression.ts';

/**
 * The result of sending a mail. Every kind except `accepted` and `withdrawn` contains the failure: the stage
 * at which it occurred, and the server's reply.
 */
export type MailSendResult =
  | { readonly kind: 'accepted' }
  /** A permanent refusal: the server will never accept a mail for this recipient. */
  | { readonly kind: 'refused'; readonly failure: AttemptFailureDetails }
  /**
   * A permanent refusal whose cause is not clear yet: it may be the recipient, or it may be us as the sender.
   * The results of mails to other recipients will show which of them is the cause.
   */
  | { readonly kind: 'undecided'; readonly failure: AttemptFailureDetails }
  /**
   * The mail server refused this mail because of us as the sender: relaying, reputation, quota, content. The
   * mail is tried again later.
   */
  | { readonly kind: 'rejected'; readonly failure: AttemptFailureDetails }
  /**
   * A temporary failure: the mail server does not accept this mail now, or disconnected while it was being
   * sent.
   */
  | { readonly kind: 'deferred'; readonly failure: AttemptFailureDetails }
  /** The mail server currently accepts no mail, or no more connections. */
  | { readonly kind: 'busy'; readonly failure: AttemptFailureDetails }
  /** No connection to the mail server was made. The result does not depend on this mail. */
  | { readonly kind: 'unreachable'; readonly failure: AttemptFailureDetails }
  /**
   * The mail server accepts nothing from us, or we do not trust the server: wrong credentials, sender or
   * certificate.
   */
  | { readonly kind: 'unwelcome'; readonly failure: AttemptFailureDetails }
  /**
   * The attempt was given up before any content was sent. There are three possible reasons: the lease may
   * have expired, and another process may be sending the mail now; the mail's `sendUntil` has passed; or this
   * process is stopping.
   */
  | { readonly kind: 'withdrawn' };

/** The result of a probe of the mail server, which opens a connection but sends no mail. */
export type MailServerProbeResult =
  | { readonly kind: 'welcome' }
  | Extract<MailSendResult, { readonly kind: 'busy' | 'unreachable' | 'unwelcome' }>;

/** The reasons for which a sealed link could not be used. */
export type DecryptionFailure =
  /** The link is sealed to a key that this process does not have, at least not yet. */
  | { readonly kind: 'unknown-key'; readonly keyId: string }
  /** The link is sealed to a known key, but cannot be decrypted or parsed. */
  | { readonly kind: 'broken' }
  /** The link was decrypted, but contradicts its event: it belongs to another account. */
  | { readonly kind: 'mismatch' };

/**
 * The result of an attempt to send a mail, which consists of decrypting the link, rendering the mail and
 * sending it.
 */
export type DeliveryAttemptResult =
  | MailSendResult
  | DecryptionFailure
  /** The mail could not be rendered from its template. */
  | { readonly kind: 'broken-mail' }
  | { readonly kind: 'too-late' }
  /** Nothing was sent, because the address is suppressed for this mail. */
  | { readonly kind: 'suppressed'; readonly reason: SuppressionReason };

/** What to record about a claimed delivery after an attempt: its new state, and the attempt itself. */
export type DeliveryOutcome =
  | { readonly state: 'expired'; readonly at: Date; readonly attempt?: DeliveryAttempt }
  | {
      readonly state: 'sent';
      readonly at: Date;
      readonly attempt?: DeliveryAttempt;
      /**
       * The fingerprint and the shortened form of the recipient's email address. Set only if reports about
       * the mail are expected.
       */
      readonly recipient?: RedactedRecipient;
    }
  | {
      readonly state: 'failed';
      readonly at: Date;
      readonly reason: DeliveryFailureReason;
      readonly attempt: DeliveryAttempt;
    }
  | {
      readonly state: 'suppressed';
      readonly at: Date;
      readonly reason: SuppressionReason;
      readonly attempt: DeliveryAttempt;
    }
  | {
      readonly state: 'pending';
      readonly dueAt: Date;
      readonly counts: boolean;
      readonly attempt?: DeliveryAttempt;
    };

/**
 * Why a delivery failed for good. `unsealable`: its link could not be decrypted. `mismatch`: its link belongs
 * to another account.
 */
export type DeliveryFailureReason = 'refused' | 'unsealable' | 'mismatch';

const FIRST_RETRY_MS = 2_000;
/** The longest pause before the next attempt to send a mail, in ms. */
export const MAX_RETRY_DELAY_MS = 10 * 60_000;
/**
 * How long a mail waits after an attempt during which the mail server could not be used, in ms. The circuit
 * breaker probes the server about once a second. This pause is longer, so the next probe uses a different
 * mail.
 */
const UNREACHABLE_RETRY_MS = 1_500;

/**
 * Returns the pause before the next attempt to send a mail, in ms. The pause doubles with each attempt,
 * from 2 s up to 10 min. Only half of it is fixed; the other half is multiplied by `random`, so that mails
 * that failed together are not retried together.
 * @param tries the number of attempts so far
 * @param random a number in [0, 1)
 */
export function computeRetryDelayMs(tries: number, random: number): number {
  const ceiling = Math.min(MAX_RETRY_DELAY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries, 30));
  return Math.round(ceiling * (0.5 + random / 2));
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

/** An attempt to send a mail that has ended, with everything that decides how the delivery continues. */
export interface FinishedAttempt {
  readonly result: DeliveryAttemptResult;
  /** When the attempt to send the mail began. */
  readonly at: Date;
  /** How long the attempt to send the mail took, in ms. */
  readonly ms: number;
  /** When the attempt to send the mail ended. */
  readonly now: Date;
  /** The process that made the attempt to send the mail, as `<host name>:<process id>`. */
  readonly sender: string;
  /** A random number in [0, 1), from which the pause before a retry is computed. */
  readonly random: number;
  /** The fingerprint and hint of the recipient's email address, which are kept if the mail was sent. */
  readonly recipient?: RedactedRecipient | undefined;
}

/** Returns what to record about a delivery after an attempt to send its mail. */
export function decideDeliveryOutcome(
  { tries }: Pick<ClaimedDelivery, 'tries'>,
  { result, at, ms, now, sender, random, recipient }: FinishedAttempt,
): DeliveryOutcome {
  const attempt: DeliveryAttempt = {
    at,
    ms,
    result: result.kind,
    sender,
    ...('failure' in result && result.failure),
  };
  switch (result.kind) {
    case 'accepted':
      return { state: 'sent', at: now, attempt, ...(recipient && { recipient }) };
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
      // From RCPT TO on, this mail may be the cause of the refusal. Wait longer before it is tried again;
      // otherwise, the circuit breaker would use the same mail for every probe.
      return mayReplyBeAboutThisMail(result.failure.stage) ? backOff() : soon();
    case 'unreachable':
    case 'unwelcome':
    case 'withdrawn':
      return soon();
    default:
      return assertNever(result);
  }

  function backOff(): DeliveryOutcome {
    return { state: 'pending', dueAt: later(now, computeRetryDelayMs(tries, random)), counts: true, attempt };
  }
  function soon(): DeliveryOutcome {
    const dueAt = later(now, UNREACHABLE_RETRY_MS * (0.5 + random / 2));
    return { state: 'pending', dueAt, counts: false, attempt };
  }
}

/** Returns whether a delivery may still be sent at `now`. */
export function isBeforeSendDeadline(delivery: Pick<ClaimedDelivery, 'sendUntil'>, now: Date): boolean {
  return now.getTime() < delivery.sendUntil.getTime();
}
