/** What is known of the mail server: the circuit, moved by the results of mails and probes. */
import type { Logger } from '@latchkey/process';
import type { ProbeResult, TryResult } from '../delivery/attempt.ts';
import type { Clock } from '../ports/clock.ts';
import { afterResult, type Circuit, closed } from './circuit.ts';

export interface ServerWatchDeps {
  /** Asks the mail server whether it accepts mail. */
  probe(): Promise<ProbeResult>;
  readonly clock: Clock;
  /** In [0, 1). */
  random(): number;
  readonly logger: Logger;
  /** Called whenever the circuit opens or closes. */
  onChange(): void;
  /** Once aborted, the result of a probe is ignored. */
  readonly signal: AbortSignal;
}

export interface ServerWatch {
  circuit(): Circuit;
  learn(result: TryResult | ProbeResult): void;
  /** Starts a probe, unless one is in flight. Fire and forget: the next mail would find out as well. */
  probe(): void;
}

export function createServerWatch({ clock, random, logger, signal, ...deps }: ServerWatchDeps): ServerWatch {
  let circuit: Circuit = closed;
  let probing = false;

  function learn(result: TryResult | ProbeResult): void {
    const before = circuit.state;
    circuit = afterResult(circuit, { result, now: clock.monotonic(), random: random() });
    if (before === circuit.state) return;
    deps.onChange();
    if (circuit.state === 'open') logger.warn({ why: circuit.why }, 'the mail server takes no mail: probing');
    else logger.info('the mail server takes mail again');
  }

  async function probe(): Promise<void> {
    if (probing) return;
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
  };
}
