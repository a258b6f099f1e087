/** Tracks the state of the mail server with a circuit breaker that the results of mails and probes update. */
import type { Logger } from '@latchkey/process';
import type { AttemptResult, ProbeResult } from '../delivery/attempt.ts';
import { type AttemptFailure, describeFailure } from '../delivery/reply.ts';
import type { Clock } from '../ports/clock.ts';
import {
  type Circuit,
  circuitAfterResult,
  closedCircuit,
  type OpenReason,
  REFUSALS_TO_OPEN,
} from './circuit.ts';
import type { RefusalEvidence } from './evidence.ts';

export interface ServerWatchDeps {
  /** Checks whether the mail server accepts mail. */
  probe(): Promise<ProbeResult>;
  /** Returns how many connections the server is believed to allow. */
  connections(): number;
  readonly evidence: Pick<RefusalEvidence, 'refusedInARow' | 'anyRefusedInARow'>;
  readonly clock: Clock;
  /** Returns a random number in [0, 1). */
  random(): number;
  readonly logger: Logger;
  /** Called whenever the circuit opens or closes. */
  onChange(): void;
  /** Once this signal is aborted, the result of a probe is ignored. */
  readonly signal: AbortSignal;
}

export interface ServerWatch {
  circuit(): Circuit;
  learn(result: AttemptResult | ProbeResult): void;
  /**
   * Starts a probe, unless one is running. The caller need not wait for its result: the next mail would show the same.
   */
  probe(): void;
  /**
   * Returns what is wrong with the server, as a description with the server's reply; undefined while it accepts mails.
   */
  trouble(): string | undefined;
}

const MINUTE_MS = 60_000;
/** How long a refusal is remembered if no further one follows, in ms; longer than the longest back-off. */
const STALE_MS = 15 * MINUTE_MS;

const TROUBLES: Readonly<Record<OpenReason, (failure: AttemptFailure) => string>> = {
  unreachable: (failure) => `cannot be reached: ${failure.words ?? ''}`,
  busy: (failure) => `takes no mail at present, ${describeFailure(failure)}`,
  unwelcome: (failure) => `refuses us, ${describeFailure(failure)}. See the MAIL_ settings`,
  refusing: (failure) => `refuses all mails, last ${describeFailure(failure)}`,
};

export function createServerWatch({
  clock,
  random,
  logger,
  signal,
  evidence,
  ...deps
}: ServerWatchDeps): ServerWatch {
  const log = createServerLog(logger, clock, deps.connections());
  let circuit: Circuit = closedCircuit;
  let probing = false;
  let acceptedAt = Number.NEGATIVE_INFINITY;
  let refused: { readonly at: number; readonly failure: AttemptFailure } | undefined;

  function learn(result: AttemptResult | ProbeResult): void {
    const now = clock.monotonic();
    const before = circuit;
    circuit = circuitAfterResult(circuit, {
      result,
      now,
      random: random(),
      refusedInARow: evidence.refusedInARow(),
      connections: deps.connections(),
    });
    if (result.kind === 'accepted') acceptedAt = now;
    if (isRefusal(result)) refused = { at: now, failure: result.failure };
    log.connections(deps.connections(), 'failure' in result ? result.failure : undefined);
    if (before.state === circuit.state) return;
    deps.onChange();
    log.circuit(circuit);
  }

  /**
   * Whether the server seems to refuse all mails: it has accepted none in the last minute, and the refusals since the
   * last accepted mail are several, or not clearly about a recipient. The last refusal must be at most STALE_MS old.
   */
  function refusesAll(now: number): boolean {
    const several = evidence.refusedInARow() > 0 || evidence.anyRefusedInARow() >= REFUSALS_TO_OPEN;
    return several && refused !== undefined && now - acceptedAt >= MINUTE_MS && now - refused.at < STALE_MS;
  }

  async function probe(): Promise<void> {
    // While the server refuses mails, a probe would prove nothing, because it only opens a connection.
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
      if (refused === undefined || !refusesAll(clock.monotonic())) return undefined;
      return `refused all mails of the last minute, last ${describeFailure(refused.failure)}`;
    },
  };
}

function isRefusal(result: AttemptResult | ProbeResult) {
  return result.kind === 'refused' || result.kind === 'undecided' || result.kind === 'rejected';
}

/**
 * Logs changes of the state of the server. A repeated outage for the same reason is logged at most once per minute, so
 * that a server that keeps failing and recovering does not fill the log.
 */
function createServerLog(logger: Logger, clock: Clock, most: number) {
  let told: { readonly why: OpenReason; readonly at: number; readonly isOver: boolean } | undefined;
  let fewest = most;
  return {
    circuit(circuit: Circuit): void {
      const now = clock.monotonic();
      if (circuit.state === 'open') {
        const { why, failure } = circuit;
        const isNews = told === undefined || told.why !== why || now - told.at >= MINUTE_MS;
        if (!isNews) return;
        told = { why, at: now, isOver: false };
        logger.warn({ why, ...failure }, 'the mail server takes no mail: probing');
      } else if (told && !told.isOver) {
        told = { ...told, isOver: true };
        logger.info('the mail server takes mail again');
      }
    },
    connections(now: number, failure: AttemptFailure | undefined): void {
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
