/** Time, handed in so that tests control it. */
export interface Clock {
  now(): Date;
  /** Milliseconds that only ever rise, also when the wall clock is set. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
