/** Time, injected so that tests control it. */
import type { Sleep } from '@latchkey/process/loop';

export interface Clock {
  now(): Date;
  /** Returns a monotonic time in ms, which is not affected when the wall clock is set. */
  monotonic(): number;
  readonly sleep: Sleep;
}
