/**
 * A circuit breaker for the mail server. While the server accepts no mail, the circuit is open, and the
 * server is probed about once a second: with one mail or, if no mail is due, only with a connection. The
 * first success closes the circuit, and all mails are sent again. After an outage, mails therefore wait for
 * about a second at most, and an outage does not lengthen the pauses before retries.
 */
import type { DeliveryAttemptResult, MailServerProbeResult } from '../delivery/attempt.ts';
import type { AttemptFailureDetails } from '../delivery/reply.ts';

/**
 * Why the circuit is open. `refusing`: the server responds, but has refused several different recipients in a row for
 * reasons that are on our side or unclear.
 */
export type CircuitOpenReason = 'unreachable' | 'busy' | 'unwelcome' | 'refusing';

/**
 * The state of the circuit breaker. `probeAt`: when the mail server is probed next, in ms of the monotonic
 * clock.
 */
export type CircuitBreakerState =
  | { readonly state: 'closed' }
  | {
      readonly state: 'open';
      readonly why: CircuitOpenReason;
      readonly failure: AttemptFailureDetails;
      readonly probeAt: number;
    };

export const closedCircuitState: CircuitBreakerState = { state: 'closed' };

const PROBE_MS = 1_000;
/**
 * The pause between probes while the mail server does not accept us, in ms. It is long, because servers lock
 * accounts after many failed logins.
 */
const UNWELCOME_PROBE_MS = 15_000;
/**
 * How many different recipients must be refused in a row before the circuit opens. From this number on, the
 * refusals are assumed to be about us.
 */
export const REFUSALS_UNTIL_CIRCUIT_OPENS = 3;
/** How long to wait for the result of a probe before the next probe is made, in ms. */
const STUCK_MS = 10_000;

/** The result of a mail or probe, with everything else that decides the next state of the circuit breaker. */
export interface CircuitBreakerInput {
  readonly result: DeliveryAttemptResult | MailServerProbeResult;
  /** The current time of the monotonic clock, in ms. */
  readonly now: number;
  /** A random number in [0, 1), which spreads the times of probes. */
  readonly random: number;
  /** How many different recipients were refused in a row, for reasons on our side or for unclear reasons. */
  readonly refusedInARow: number;
  /** How many connections the server is believed to allow. */
  readonly connections: number;
}

/**
 * Returns the state of the circuit breaker after the result of a mail or probe. A result that says nothing
 * about the mail server leaves the state unchanged.
 */
export function computeNextCircuitState(
  circuit: CircuitBreakerState,
  { result, now, random, ...server }: CircuitBreakerInput,
): CircuitBreakerState {
  function open(
    why: CircuitOpenReason,
    failure: AttemptFailureDetails,
    interval: number,
  ): CircuitBreakerState {
    return { state: 'open', why, failure, probeAt: now + interval * (0.75 + random / 4) };
  }
  switch (result.kind) {
    case 'unreachable':
      return open('unreachable', result.failure, PROBE_MS);
    case 'unwelcome':
      return open('unwelcome', result.failure, UNWELCOME_PROBE_MS);
    case 'busy':
      // If the server allows several connections, the pool reduces their number. The circuit breaker need not
      // open.
      return server.connections > 1 && circuit.state === 'closed'
        ? circuit
        : open('busy', result.failure, PROBE_MS);
    case 'accepted':
      return closedCircuitState;
    case 'welcome':
      return circuit.state === 'open' && circuit.why === 'refusing' ? circuit : closedCircuitState;
    case 'refused':
    case 'undecided':
    case 'rejected':
    case 'deferred': {
      const more = server.refusedInARow - REFUSALS_UNTIL_CIRCUIT_OPENS;
      if (more < 0) return closedCircuitState;
      return open('refusing', result.failure, Math.min(UNWELCOME_PROBE_MS, PROBE_MS * 2 ** more));
    }
    default:
      return circuit;
  }
}

/** How many deliveries are being sent now, and how many may be sent at the same time. */
export interface SendingLoad {
  /** The current time of the monotonic clock, in ms. */
  readonly now: number;
  /** How many deliveries are being sent. */
  readonly inHand: number;
  /** The maximum number of deliveries to send at the same time. */
  readonly concurrency: number;
}

/** Returns how many more deliveries may be claimed. */
export function countClaimableDeliveries(
  circuit: CircuitBreakerState,
  { now, inHand, concurrency }: SendingLoad,
): number {
  const free = Math.max(0, concurrency - inHand);
  if (circuit.state === 'closed') return free;
  const since = now - circuit.probeAt;
  return since >= 0 && inHand <= since / STUCK_MS ? Math.min(1, free) : 0;
}
