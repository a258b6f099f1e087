/** What becomes of a delivery after a try. */
import type { Attempt, ClaimedDelivery } from './delivery.ts';

/** How a try to send ended. */
export type SendResult =
  | { readonly kind: 'accepted' }
  /** The server will never take this mail for this recipient. */
  | { readonly kind: 'refused'; readonly code: number }
  /** The server will not take this mail now, or went away while it was being handed over. */
  | { readonly kind: 'deferred'; readonly code?: number }
  /** The server could not be reached, or takes nothing from anybody at present: says nothing about this mail. */
  | { readonly kind: 'unreachable'; readonly code?: number }
  /** The server takes nothing from *us*: credentials, sender or certificate. */
  | { readonly kind: 'unwelcome'; readonly code?: number }
  /** Given up before the mail was handed over: the lease may be over, so somebody else may be sending it. */
  | { readonly kind: 'withdrawn' };

/** How a probe ended: a connection on which no mail was sent. */
export type ProbeResult =
  | { readonly kind: 'welcome' }
  | Extract<SendResult, { readonly kind: 'unreachable' | 'unwelcome' }>;

export type OpenFailure =
  /** Sealed to a key that is not here (yet). */
  | { readonly kind: 'unknown-key' }
  /** Sealed to a key that we have, and broken. */
  | { readonly kind: 'broken' }
  /** Opened, and not what the event around it says: somebody else's link. */
  | { readonly kind: 'mismatch' };

/** How the whole try ended. */
export type TryResult = SendResult | OpenFailure | { readonly kind: 'too-late' };

/** What to write down about a delivery that one holds. */
export type Settlement =
  | { readonly state: 'sent' | 'expired'; readonly at: Date; readonly attempt?: Attempt }
  | { readonly state: 'failed'; readonly at: Date; readonly reason: FailureReason; readonly attempt: Attempt }
  | { readonly state: 'pending'; readonly dueAt: Date; readonly counts: boolean; readonly attempt?: Attempt };

export type FailureReason = 'refused' | 'unsealable' | 'mismatch';

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 10 * 60_000;
/** While the server is away its circuit paces the tries; this only lets another mail be the next probe. */
const UNREACHABLE_RETRY_MS = 1_500;

/**
 * The time to wait before the next try, in ms: doubling from 2 s to 10 min, of which a random half, so that
 * mails that failed together do not come back together.
 * @param tries tries made before this one
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
  /** When the try began. */
  readonly at: Date;
  /** How long it took, in ms. */
  readonly ms: number;
  /** When it ended. */
  readonly now: Date;
  /** In [0, 1). */
  readonly random: number;
}

/** Returns what to record about a delivery after a try. */
export function afterTry(
  { tries }: Pick<ClaimedDelivery, 'tries'>,
  { result, at, ms, now, random }: FinishedTry,
): Settlement {
  const code = 'code' in result && result.code !== undefined ? { code: result.code } : {};
  const attempt: Attempt = { at, ms, result: result.kind, ...code };
  switch (result.kind) {
    case 'accepted':
      return { state: 'sent', at: now, attempt };
    case 'too-late':
      return { state: 'expired', at: now };
    case 'refused':
      return { state: 'failed', at: now, reason: 'refused', attempt };
    case 'mismatch':
      return { state: 'failed', at: now, reason: 'mismatch', attempt };
    case 'broken':
      return { state: 'failed', at: now, reason: 'unsealable', attempt };
    case 'deferred':
    case 'unknown-key':
      return {
        state: 'pending',
        dueAt: later(now, retryDelay(tries, random)),
        counts: true,
        attempt,
      };
    case 'unreachable':
    case 'unwelcome':
    case 'withdrawn':
      return {
        state: 'pending',
        dueAt: later(now, UNREACHABLE_RETRY_MS * (0.5 + random / 2)),
        counts: false,
        attempt,
      };
    default:
      return assertNever(result);
  }
}

/** Whether a delivery may still be sent. */
export function inTime(delivery: Pick<ClaimedDelivery, 'sendUntil'>, now: Date): boolean {
  return now.getTime() < delivery.sendUntil.getTime();
}

function assertNever(result: never): never {
  throw new TypeError(`no settlement for ${JSON.stringify(result)}`);
}
