/** Tracks the state of the mail server with a circuit breaker that the results of mails and probes update. */
import type { Logger } from '@latchkey/process';
import type { DeliveryAttemptResult, MailServerProbeResult } from '../delivery/attempt.ts';
import { isGreylistingReply } from '../delivery/judge-reply.ts';
import { type AttemptFailureDetails, formatAttemptFailure } from '../delivery/reply.ts';
import type { Clock } from '../ports/clock.ts';
import {
  type CircuitBreakerState,
  type CircuitOpenReason,
  closedCircuitState,
  computeNextCircuitState,
} from './circuit.ts';
import { isRefusalOrDeferral, type RefusalHistory } from './evidence.ts';

export interface MailServerMonitorDeps {
  /** Checks whether the mail server accepts mail. */
  probe(): Promise<MailServerProbeResult>;
  /**
   * Returns the number of connections that the notifier may open at once, according to its estimate of the
   * server's limit.
   */
  connections(): number;
  readonly evidence: Pick<RefusalHistory, 'refusedInARow' | 'failedInARow'>;
  readonly clock: Clock;
  /** Returns a random number in [0, 1). */
  random(): number;
  readonly logger: Logger;
  /** Called whenever the circuit breaker opens or closes. */
  onChange(): void;
  /** Aborted when the notifier stops. The result of a probe that is still running is then ignored. */
  readonly signal: AbortSignal;
}

/** Learns the state of the mail server from the results of mails and probes. */
export interface MailServerMonitor {
  circuit(): CircuitBreakerState;
  learn(result: DeliveryAttemptResult | MailServerProbeResult): void;
  /**
   * Starts a probe of the mail server in the background, unless one is running. Callers need not wait for it,
   * because the next mail would reveal the same state of the server.
   */
  probe(): void;
  /**
   * Describes what is wrong with the mail server, and quotes the server's reply. Returns undefined while the
   * server accepts mails.
   */
  trouble(): string | undefined;
}

const MINUTE_MS = 60_000;
/**
 * How long a failure is remembered if no further failure follows, in ms. This is longer than the longest
 * back-off.
 */
const STALE_MS = 15 * MINUTE_MS;
/**
 * How many different recipients must be refused or deferred in a row before the mail server counts as the
 * cause. A smaller number of mails may have failed for reasons that concern only their recipients.
 */
const FAILURES_TO_REPORT = 3;
/**
 * How long a mail server must have greylisted all mails before this is reported as trouble, in ms.
 * Greylisting usually delays a mail for up to five minutes, and the back-off may double the delay.
 */
const GREYLISTING_MS = 10 * MINUTE_MS;

const TROUBLES: Readonly<Record<CircuitOpenReason, (failure: AttemptFailureDetails) => string>> = {
  unreachable: (failure) => `cannot be reached: ${failure.words ?? ''}`,
  busy: (failure) => `accepts no mail at present, ${formatAttemptFailure(failure)}`,
  unwelcome: (failure) => `refuses Latchkey, ${formatAttemptFailure(failure)}. Check the MAIL_ settings`,
  refusing: (failure) => `refuses all mails, last ${formatAttemptFailure(failure)}`,
};

export function createMailServerMonitor({
  clock,
  random,
  logger,
  signal,
  evidence,
  ...deps
}: MailServerMonitorDeps): MailServerMonitor {
  const log = createServerLog(logger, clock, deps.connections());
  let circuit: CircuitBreakerState = closedCircuitState;
  let probing = false;
  let acceptedAt = Number.NEGATIVE_INFINITY;
  /**
   * The failures since the last accepted mail. `since` is the time of the first failure. `at` and `failure`
   * are the time and the details of the latest one. Undefined if there was none.
   */
  let failed:
    | { readonly since: number; readonly at: number; readonly failure: AttemptFailureDetails }
    | undefined;
  /** The latest refusal since the last accepted mail. */
  let refused: { readonly at: number; readonly failure: AttemptFailureDetails } | undefined;

  function learn(result: DeliveryAttemptResult | MailServerProbeResult): void {
    const now = clock.monotonic();
    const before = circuit;
    circuit = computeNextCircuitState(circuit, {
      result,
      now,
      random: random(),
      refusedInARow: evidence.refusedInARow(),
      connections: deps.connections(),
    });
    if (result.kind === 'accepted') {
      acceptedAt = now;
      failed = refused = undefined;
      log.accepted();
    }
    if (isRefusalOrDeferral(result)) {
      const { failure } = result;
      failed = { since: failed?.since ?? now, at: now, failure };
      if (result.kind !== 'deferred') refused = { at: now, failure };
    }
    log.connections(deps.connections(), 'failure' in result ? result.failure : undefined);
    if (before.state !== circuit.state) {
      deps.onChange();
      log.circuit(circuit);
    }
    const failure = result.kind === 'deferred' && circuit.state === 'closed' && acceptsNothing(now);
    if (failure) log.deferrals(failure);
  }

  /**
   * Returns the latest refusal if the server seems to refuse all mails of this notifier, and not only mails
   * to certain recipients; otherwise undefined. The server seems to do so if at least one refusal in a row
   * may have another cause than its recipient, no mail was accepted in the last minute, and the latest
   * refusal is less than STALE_MS old.
   */
  function refusesUs(now: number): AttemptFailureDetails | undefined {
    if (refused === undefined || evidence.refusedInARow() === 0) return undefined;
    return now - acceptedAt >= MINUTE_MS && now - refused.at < STALE_MS ? refused.failure : undefined;
  }

  /**
   * Returns the latest failure if mails to several recipients in a row have failed for at least a minute,
   * even if each reply blames its own recipient. Greylisting replies must continue for GREYLISTING_MS.
   * Returns undefined otherwise, or if the latest failure is older than STALE_MS. A deferral does not open
   * the circuit, because a server that greylists defers each mail once and accepts the second attempt.
   */
  function acceptsNothing(now: number): AttemptFailureDetails | undefined {
    if (failed === undefined || evidence.failedInARow() < FAILURES_TO_REPORT) return undefined;
    const { since, at, failure } = failed;
    const patience = isGreylistingReply(failure) ? GREYLISTING_MS : MINUTE_MS;
    return now - since >= patience && now - at < STALE_MS ? failure : undefined;
  }

  async function probe(): Promise<void> {
    // A probe only opens a connection. While the server refuses mails, a successful probe would therefore prove
    // nothing.
    if (probing || (circuit.state === 'open' && circuit.why === 'refusing')) return;
    probing = true;
    try {
      const result = await deps.probe();
      if (!signal.aborted) learn(result);
    } catch (error) {
      logger.error({ err: error }, 'the mail server could not be probed');
    } finally {
      probing = false;
    }
  }

  return {
    circuit: () => circuit,
    learn,
    probe: () => void probe(),
    trouble() {
      if (circuit.state === 'open') return TROUBLES[circuit.why](circuit.failure);
      const now = clock.monotonic();
      const failure = refusesUs(now) ?? acceptsNothing(now);
      return failure && `refused all mails of the last minute, last ${formatAttemptFailure(failure)}`;
    },
  };
}

/**
 * Creates a log for changes of the mail server's state. A repeated outage for the same reason is logged at
 * most once per minute, so that a server that keeps failing and recovering does not fill the log.
 */
function createServerLog(logger: Logger, clock: Clock, most: number) {
  let told:
    | { readonly why: CircuitOpenReason | 'deferring'; readonly at: number; readonly isOver: boolean }
    | undefined;
  let fewest = most;

  function isOver(): void {
    if (told === undefined || told.isOver) return;
    told = { ...told, isOver: true };
    logger.info('the mail server accepts mail again');
  }

  return {
    circuit(circuit: CircuitBreakerState): void {
      const now = clock.monotonic();
      if (circuit.state === 'open') {
        const { why, failure } = circuit;
        const isNews = told === undefined || told.why !== why || now - told.at >= MINUTE_MS;
        if (!isNews) return;
        told = { why, at: now, isOver: false };
        logger.warn({ why, ...failure }, 'the mail server accepts no mail; probing it until it does');
      } else isOver();
    },
    accepted(): void {
      if (told?.why === 'deferring') isOver();
    },
    deferrals(failure: AttemptFailureDetails): void {
      const now = clock.monotonic();
      const isKnown = told?.why === 'deferring' && (!told.isOver || now - told.at < MINUTE_MS);
      if (isKnown) return;
      told = { why: 'deferring', at: now, isOver: false };
      logger.warn({ why: 'deferring', ...failure }, 'the mail server defers all mails');
    },
    connections(now: number, failure: AttemptFailureDetails | undefined): void {
      if (now < fewest) {
        fewest = now;
        logger.warn({ connections: now, ...failure }, 'the mail server allows fewer connections');
      } else if (now === most && fewest < most) {
        fewest = most;
        logger.info({ connections: now }, 'the mail server allows all connections again');
      }
    },
  };
}
