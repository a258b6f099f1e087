import type { Logger, Part } from '@latchkey/process';
import { type BackoffFunction, runLoop, type Wakeup } from '@latchkey/process/loop';

/**
 * Creates a part that runs a job at its start and then repeatedly, without overlap. Of several successive failures it
 * logs only the first, because every run fails while a store is down.
 */
export function createJob(options: {
  readonly name: string;
  /**
   * The pause after a run that found nothing to do or failed, in ms. Or a function that returns the pause for a number
   * of such runs in a row, and 0 if there were none. After a failure, the pause is always that of a single run, so that
   * the end of an outage is noticed soon.
   */
  readonly everyMs: number | BackoffFunction;
  readonly logger: Logger;
  /** Ends the pause early. */
  readonly wakeup?: Wakeup;
  /**
   * How long a run that was woken waits for further wake-ups before it begins, in ms. It does not wait if the previous
   * run left more to do. Default: 0.
   */
  readonly gatherMs?: number;
  /** Runs the job. Resolves with true if there is more to do: the next run then follows immediately. */
  run(): Promise<boolean>;
}): Part {
  const { name, everyMs, logger, wakeup, gatherMs, run } = options;
  let stopping = new AbortController();
  let running = Promise.resolve();
  return {
    name,
    start: async () => {
      stopping = new AbortController();
      running = runLoop(
        {
          every: everyMs,
          ...(typeof everyMs === 'function' && { backoff: () => everyMs(1) }),
          signal: stopping.signal,
          ...(wakeup && { wake: wakeup }),
          ...(gatherMs !== undefined && { gatherMs }),
          onFailure: (error, failures) => {
            if (failures === 1) logger.error({ err: error, job: name }, 'a job failed and will be run again');
          },
          onRecovery: () => logger.info({ job: name }, 'a job runs again'),
        },
        run,
      );
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
    health: async () => [],
  };
}
