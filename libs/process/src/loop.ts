/**
 * Two ways of repeating work: `retry` repeats until the work succeeds, `runLoop` until it is stopped. Pauses
 * use a `sleep` and a `random` that callers can replace, so that tests need no real time.
 */

/**
 * A function whose promise resolves after `ms` milliseconds, or earlier once `signal` is aborted. Never
 * rejects.
 */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/**
 * Waits on a real timer. Unlike `node:timers/promises`, this function creates no error when it is aborted,
 * because loops are woken for every request, and an error with a stack is expensive.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
    function end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    }
  });
}

/**
 * Returns the length of the next pause, in ms. `retry` and the option `backoff` of a loop pass the number of
 * failures in a row before the current one. The option `every` of a loop passes the number of runs in a row
 * that found nothing or failed.
 */
export type BackoffFunction = (n: number) => number;

/** Returns a function whose pauses double from `least` to `most` ms. */
export function createExponentialBackoff({
  least,
  most,
}: {
  readonly least: number;
  readonly most: number;
}): BackoffFunction {
  return (n) => Math.min(most, least * 2 ** n);
}

/**
 * Returns the pauses of a loop as a function. After a run that found something, there is no pause. After each
 * further run that found nothing, the pause doubles, from `least` to `most` ms.
 */
export function createIdleBackoff(limits: {
  readonly least: number;
  readonly most: number;
}): BackoffFunction {
  const pauses = createExponentialBackoff(limits);
  return (idle) => (idle === 0 ? 0 : pauses(idle - 1));
}

export interface RetryOptions {
  /** The pause after the first failed attempt, in ms. The pause doubles after each further failure. */
  readonly least: number;
  /** The maximum pause between two attempts, in ms. */
  readonly most: number;
  /** Returns whether another attempt may succeed after this error. Default: always. */
  readonly when?: (error: unknown) => boolean;
  /** The maximum number of attempts. Default: no limit. */
  readonly attempts?: number;
  /** When aborted, ends the current pause, and prevents further attempts. */
  readonly signal?: AbortSignal;
  /** Called before each pause. @param failures how many attempts have failed so far */
  readonly onFailure?: (error: unknown, failures: number) => void;
  readonly sleep?: Sleep;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random?: () => number;
}

/**
 * Runs `work` until it succeeds, at least once. The pauses between attempts double. Each pause is shortened
 * at random by up to half (jitter), so that many clients do not retry at the same moments.
 * @throws the last error of `work` if `when` returns false for this error or no attempts are left. If
 * `signal` is aborted, throws its reason once the current attempt has failed
 */
export async function retry<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const { when = () => true, attempts = Number.POSITIVE_INFINITY, signal, onFailure } = options;
  const { sleep: pause = sleep, random = Math.random } = options;
  const pauses = createExponentialBackoff(options);
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (failures >= attempts || !when(error)) throw error;
      onFailure?.(error, failures);
    }
    signal?.throwIfAborted();
    await pause(pauses(failures - 1) * (1 - random() / 2), signal);
    signal?.throwIfAborted();
  }
}

/** Wakes a loop: ends its current pause early. */
export interface LoopWakeup {
  /**
   * Makes the loop run its work again as soon as the current run is over. At least one run begins after each
   * call of `wake`.
   */
  wake(): void;
  /** Returns a signal that is aborted by the next call of `wake`. */
  next(): AbortSignal;
}

export function createLoopWakeup(): LoopWakeup {
  let controller = new AbortController();
  return {
    // Pass a reason, because without one, every abort would create an exception with a stack.
    wake: () => controller.abort('woken'),
    next() {
      if (controller.signal.aborted) controller = new AbortController();
      return controller.signal;
    },
  };
}

export interface LoopOptions {
  /**
   * The pause after a run that found nothing to do, in ms. If this is a function, it returns the pause after
   * any run, except after a failed run if `backoff` is set.
   */
  readonly every: number | BackoffFunction;
  /** The pauses after runs that failed. Default: the same as after runs that found nothing. */
  readonly backoff?: BackoffFunction;
  readonly wake?: LoopWakeup;
  /**
   * How long the loop waits after a wake-up before it runs its work, in ms. During this time, further
   * wake-ups may arrive, and one run handles all of them. The loop does not wait if the previous run found
   * something to do. Default: 0.
   */
  readonly gatherMs?: number;
  /** When aborted, ends the loop after the current run. */
  readonly signal: AbortSignal;
  /**
   * Called after each run that failed.
   * @param failures how many runs in a row have failed so far
   */
  onFailure(error: unknown, failures: number): void;
  /** Called after the first successful run that follows failed ones. */
  onRecovery?(): void;
  readonly sleep?: Sleep;
}

/**
 * Runs `work` again and again, never twice at the same time, until `signal` is aborted. Resolves once the
 * last run is over. `work` must resolve with true if it found something to do. If it did, the next run begins
 * immediately or, if `every` is a function, after `every(0)` ms.
 */
export async function runLoop(options: LoopOptions, work: () => Promise<boolean>): Promise<void> {
  const {
    every,
    backoff,
    signal,
    wake = createLoopWakeup(),
    gatherMs = 0,
    onFailure,
    onRecovery,
    sleep: pause = sleep,
  } = options;
  let failures = 0;
  let idle = 0;

  async function run(): Promise<void> {
    try {
      const found = await work();
      idle = found ? 0 : idle + 1;
      if (failures > 0) onRecovery?.();
      failures = 0;
    } catch (error) {
      idle += 1;
      failures += 1;
      onFailure(error, failures);
    }
  }

  function pauseMs(): number {
    if (failures > 0 && backoff !== undefined) return backoff(failures - 1);
    if (typeof every === 'function') return every(idle);
    return idle === 0 ? 0 : every;
  }

  signal.addEventListener('abort', wake.wake, { once: true });
  while (!signal.aborted) {
    const woken = wake.next();
    await run();
    if (!woken.aborted) await pause(pauseMs(), woken);
    if (woken.aborted && gatherMs > 0 && idle > 0) await pause(gatherMs, signal);
  }
  signal.removeEventListener('abort', wake.wake);
}
