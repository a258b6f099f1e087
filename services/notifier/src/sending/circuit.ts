/**
 * A circuit breaker for the mail server. While the server is away, one mail at a time probes it about once a
 * second; where no mail is due, a connection without a mail does. The first success closes the circuit for all
 * mails. So mails wait at most about a second after an outage, and an outage never lengthens the back-off of a mail.
 */
import type { ProbeResult, TryResult } from '../delivery/attempt.ts';

export type Circuit =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly why: 'unreachable' | 'unwelcome'; readonly probeAt: number };

export const closed: Circuit = { state: 'closed' };

const PROBE_MS = 1_000;
/** After an authentication failure, probe slowly: servers lock accounts. */
const UNWELCOME_PROBE_MS = 15_000;

export interface ServerResult {
  readonly result: TryResult | ProbeResult;
  /** On the monotonic clock, in ms. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** Returns the circuit after a mail or a probe. A result that never reached the server does not change it. */
export function afterResult(circuit: Circuit, { result, now, random }: ServerResult): Circuit {
  switch (result.kind) {
    case 'unreachable':
    case 'unwelcome': {
      const interval = result.kind === 'unwelcome' ? UNWELCOME_PROBE_MS : PROBE_MS;
      return { state: 'open', why: result.kind, probeAt: now + interval * (0.75 + random / 4) };
    }
    case 'welcome':
    case 'accepted':
    case 'refused':
    case 'deferred':
      return closed;
    default:
      return circuit;
  }
}

export interface Load {
  /** On the monotonic clock, in ms. */
  readonly now: number;
  /** Deliveries that are being sent. */
  readonly inHand: number;
  /** The most deliveries to send at the same time. */
  readonly concurrency: number;
}

/** Returns how many more deliveries may be claimed. */
export function capacity(circuit: Circuit, { now, inHand, concurrency }: Load): number {
  if (circuit.state === 'closed') return Math.max(0, concurrency - inHand);
  return now >= circuit.probeAt && inHand === 0 ? 1 : 0;
}
