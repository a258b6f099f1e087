/** The port for time, which is injected so that tests control it. */
import type { Sleep } from '@latchkey/process/loop';

export interface Clock {
  now(): Date;
  /** Returns the time of a monotonic clock in ms, which is not affected when the wall clock is set. */
  monotonic(): number;
  readonly sleep: Sleep;
}
