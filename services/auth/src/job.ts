import type { Logger, ProcessPart } from '@latchkey/process';
import { type BackoffFunction, type LoopWakeup, runLoop } from '@latchkey/process/loop';

/**
 * Creates a process part that runs a job when it starts and then repeatedly. Runs of the job never overlap.
 * Of consecutive failures, only the first is logged, because every run fails while a store is unavailable.
 */
export function createRepeatedJob(options: {
  readonly name: string;
  /**
   * The pause before the next run, in ms, after a run that found nothing to do. A function gets the number of
   * such runs in a row. It must return 0 for 0, so that there is no pause while runs find work. After a
   * failed run, the pause is that for the number 1, unless `retryMs` is set; the job then soon notices the
   * end of an outage.
   */
  readonly everyMs: number | BackoffFunction;
  /**
   * The pauses after failed runs, in ms. Default: the same pause as after one run that found nothing to do.
   */
  readonly retryMs?: BackoffFunction;
  readonly logger: Logger;
  /** A signal that ends the pause between two runs of the job early. */
  readonly wakeup?: LoopWakeup;
  /**
   * How long to wait after a wake-up before the run starts, in ms, so that one run handles several wake-ups.
   * The job does not wait if the previous run returned true. Default: 0.
   */
  readonly gatherMs?: number;
  /** Runs the job once. Resolves with true if more work remains, so that the next run follows immediately. */
  run(): Promise<boolean>;
  /** Called when the job stops, once its last run is over. */
  onStop?(): Promise<void>;
}): ProcessPart {
  const { name, everyMs, logger, wakeup, gatherMs, run, onStop } = options;
  const { retryMs = typeof everyMs === 'function' ? () => everyMs(1) : undefined } = options;
  let stopping = new AbortController();
  let running = Promise.resolve();
  return {
    name,
    start: async () => {
      stopping = new AbortController();
      running = runLoop(
        {
          every: everyMs,
          ...(retryMs && { backoff: retryMs }),
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
      await onStop?.();
    },
    health: async () => [],
  };
}
