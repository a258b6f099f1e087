/** Bounds how much is done at once, and how much may wait for it. */

export interface Load {
  readonly running: number;
  readonly waiting: number;
}

export interface ConcurrencyLimit {
  /**
   * Does a task as soon as fewer than `concurrency` others run, first come, first served.
   * @throws what `refusal` makes, without doing it, when `maxWaiting` wait already.
   */
  run<T>(task: () => Promise<T>): Promise<T>;
  load(): Load;
}

export function concurrencyLimit(options: {
  readonly concurrency: number;
  readonly maxWaiting: number;
  refusal(): Error;
}): ConcurrencyLimit {
  let running = 0;
  const waiting: (() => void)[] = [];

  /** A place that is given up goes to the longest waiting, so nobody can come in between. */
  const enter = async (): Promise<void> => {
    if (running < options.concurrency) {
      running += 1;
      return;
    }
    if (waiting.length >= options.maxWaiting) throw options.refusal();
    await new Promise<void>((resolve) => waiting.push(resolve));
  };

  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    load: () => ({ running, waiting: waiting.length }),
    async run(task) {
      await enter();
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
