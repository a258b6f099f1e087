import type { Bus } from '@latchkey/bus';
import type { ClockGuard } from '@latchkey/process';
import type { Store } from './store-kinds.ts';

/** The store and the log that a service runs on. The caller owns and closes both. */
export interface Backend {
  readonly store: Store;
  readonly bus: Bus;
  /** Decides whether data may be deleted because of its age. Default: a new clock guard. */
  readonly clock?: Pick<ClockGuard, 'assertTrusted' | 'isTrusted'>;
}
