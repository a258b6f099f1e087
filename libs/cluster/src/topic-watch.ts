/**
 * Compares the topics with their required settings while the service runs, because somebody may alter them.
 */
import type { DependencyHealth, Logger } from '@latchkey/process';

const EVERY_MS = 60_000;
/**
 * How long to wait after a comparison that failed, in ms. The failure itself is not reported here, because
 * outages of the brokers are reported elsewhere.
 */
const AGAIN_MS = 30_000;

export interface TopicWatchDeps {
  /** Returns a sentence for each setting that differs from the required one. */
  readFaults(): Promise<readonly string[]>;
  readonly logger: Logger;
}

export interface TopicWatch {
  /**
   * Compares the topics once. The watch also calls this method itself, every minute.
   * @returns the pause before the next comparison, in ms
   */
  compare(): Promise<number>;
  health(): DependencyHealth;
  close(): void;
}

/** Creates a watch. While the brokers are unavailable, the watch keeps its last result. */
export function createTopicWatch({ readFaults, logger }: TopicWatchDeps): TopicWatch {
  let faults: readonly string[] = [];
  let isClosed = false;
  let timer = schedule(EVERY_MS);

  function schedule(ms: number): NodeJS.Timeout {
    return setTimeout(() => void run(), ms).unref();
  }

  async function run(): Promise<void> {
    const again = await compare();
    if (!isClosed) timer = schedule(again);
  }

  async function compare(): Promise<number> {
    try {
      const found = await readFaults();
      const fresh = found.filter((fault) => !faults.includes(fault));
      for (const fault of fresh) logger.error({ fault }, 'a topic differs from what Latchkey needs');
      faults = found;
      return EVERY_MS;
    } catch {
      return AGAIN_MS;
    }
  }

  return {
    compare,
    health: () =>
      faults.length === 0
        ? { name: 'topics', needed: false, state: 'ok' }
        : { name: 'topics', needed: false, state: 'degraded', detail: faults.join(' ') },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
