/**
 * A clock for tests that moves only when the test says so. Hours pass immediately, and sleepers wake in the right
 * order.
 */
import type { Clock } from '../ports/clock.ts';

export interface SimulatedClock extends Clock {
  /** Returns the simulated time since the start, in ms. */
  elapsed(): number;
  /**
   * Returns the time at which the next sleeper wakes, in ms since the start; undefined if nothing is
   * sleeping.
   */
  nextWake(): number | undefined;
  /** Moves the clock to an instant, in ms since the start, and wakes every sleeper that is due by then. */
  moveTo(ms: number): void;
}

interface Sleeper {
  readonly until: number;
  wake(): void;
}

export function createSimulatedClock(start: Date): SimulatedClock {
  const sleepers = new Set<Sleeper>();
  let elapsed = 0;
  return {
    now: () => new Date(start.getTime() + elapsed),
    monotonic: () => elapsed,
    elapsed: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper: Sleeper = {
          until: elapsed + ms,
          wake() {
            signal?.removeEventListener('abort', sleeper.wake);
            sleepers.delete(sleeper);
            resolve();
          },
        };
        signal?.addEventListener('abort', sleeper.wake);
        sleepers.add(sleeper);
      }),
    nextWake: () => (sleepers.size === 0 ? undefined : Math.min(...[...sleepers].map(({ until }) => until))),
    moveTo(ms) {
      elapsed = Math.max(elapsed, ms);
      for (const sleeper of [...sleepers]) if (sleeper.until <= elapsed) sleeper.wake();
    },
  };
}
