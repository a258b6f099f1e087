/** Limits concurrency, the length of the queue and the time in it. */

export interface Load {
  readonly running: number;
  readonly waiting: number;
}

export interface ConcurrencyLimit {
  /**
   * Runs a task as soon as fewer than `concurrency` others run, first come, first served.
   * @param isWanted called before the task starts; false refuses it
   * @throws `refusal()`, without running the task: if `maxWaiting` others are waiting, if the wait exceeds
   * `maxWaitMs`, or if the task is no longer wanted
   */
  run<T>(task: () => Promise<T>, isWanted?: () => boolean): Promise<T>;
  load(): Load;
}

interface Waiter {
  readonly since: number;
  isWanted(): boolean;
  begin(): void;
  refuse(): void;
}

export function concurrencyLimit(options: {
  readonly concurrency: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  refusal(): Error;
  /** A monotonic clock, in ms. */
  now?(): number;
}): ConcurrencyLimit {
  const { concurrency, maxWaiting, maxWaitMs, refusal, now = () => performance.now() } = options;
  let running = 0;
  let waiting: Waiter[] = [];

  function isInTime({ since, isWanted }: Waiter): boolean {
    return now() - since <= maxWaitMs && isWanted();
  }

  /** Removes waiters that would be refused, to make room in the queue. */
  function sweep(): void {
    const swept = Object.groupBy(waiting, (waiter) => (isInTime(waiter) ? 'kept' : 'left'));
    waiting = swept.kept ?? [];
    for (const { refuse } of swept.left ?? []) refuse();
  }

  /** A free slot goes to the longest waiting task, so that no new task can overtake it. */
  async function enter(isWanted: () => boolean): Promise<void> {
    if (!isWanted()) throw refusal();
    if (running < concurrency) {
      running += 1;
      return;
    }
    if (waiting.length >= maxWaiting) sweep();
    if (waiting.length >= maxWaiting) throw refusal();
    await new Promise<void>((begin, reject) => {
      waiting.push({ since: now(), isWanted, begin, refuse: () => reject(refusal()) });
    });
  }

  function leave(): void {
    sweep();
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next.begin();
  }

  return {
    load: () => ({ running, waiting: waiting.length }),
    async run(task, isWanted = () => true) {
      await enter(isWanted);
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
