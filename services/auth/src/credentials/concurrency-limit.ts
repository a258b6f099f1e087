/** Bounds how much is done at once, how much may wait for it, and how long. */

export interface Load {
  readonly running: number;
  readonly waiting: number;
}

export interface ConcurrencyLimit {
  /**
   * Does a task as soon as fewer than `concurrency` others run, first come, first served.
   * @param isWanted asked before it is begun, at once or when its turn comes
   * @throws what `refusal` makes, without doing it: when `maxWaiting` wait already that will be done, when its turn
   * comes after more than `maxWaitMs`, and when nobody wants it any more.
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
  /** In ms; never goes back. */
  now?(): number;
}): ConcurrencyLimit {
  const { concurrency, maxWaiting, maxWaitMs, refusal, now = () => performance.now() } = options;
  let running = 0;
  let waiting: Waiter[] = [];

  function isInTime({ since, isWanted }: Waiter): boolean {
    return now() - since <= maxWaitMs && isWanted();
  }

  /** Those that would not be begun leave the queue: their places are for those that would. */
  function sweep(): void {
    const swept = Object.groupBy(waiting, (waiter) => (isInTime(waiter) ? 'kept' : 'left'));
    waiting = swept.kept ?? [];
    for (const { refuse } of swept.left ?? []) refuse();
  }

  /** A place that is given up goes to the longest waiting, so nobody can come in between. */
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
