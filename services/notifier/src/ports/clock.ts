/** Time, injected so that tests control it. */
import type { Sleep } from '@latchkey/process/loop';

export interface Clock {
  now(): Date;
  /** Milliseconds that never go back, even when the wall clock is set. */
  monotonic(): number;
  readonly sleep: Sleep;
}
