/** A job that runs again and again, at once when woken, and never twice at a time. */
import type { Logger } from '@latchkey/process';

export interface Repeating {
  start(): void;
  /** Runs again as soon as the run in hand is over. */
  wake(): void;
  /** Waits for the run in hand. Idempotent. */
  stop(): Promise<void>;
}

/**
 * @param run resolves with `true` to be run again at once (there is more to do)
 * @param everyMs the pause between two runs without a wake-up, also after one that failed
 */
export function repeating(options: {
  readonly name: string;
  readonly everyMs: number;
  readonly logger: Logger;
  run(): Promise<boolean>;
}): Repeating {
  const { name, everyMs, logger, run } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let woken = false;
  let stopped = true;

  /** Said once: while a store is away, every run fails. */
  let failing = false;

  async function attempt(): Promise<boolean> {
    try {
      const more = await run();
      if (failing) logger.info({ job: name }, 'a job runs again');
      failing = false;
      return more;
    } catch (error) {
      if (!failing) logger.error({ err: error, job: name }, 'a job failed and will be run again');
      failing = true;
      return false;
    }
  }

  async function loop(): Promise<void> {
    do {
      woken = false;
      if (await attempt()) woken = true;
    } while (woken && !stopped);
    running = undefined;
    if (!stopped) timer = setTimeout(begin, everyMs);
  }

  function begin(): void {
    clearTimeout(timer);
    if (running === undefined && !stopped) running = loop();
  }

  return {
    start: () => {
      stopped = false;
      begin();
    },
    wake: () => {
      woken = true;
      begin();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
