import type { Bus } from '@latchkey/bus';
import type { ClockGuard } from '@latchkey/process';
import type { Store } from './store-kinds.ts';

/** The store and the log that a service runs on. The caller owns and closes both. */
export interface ServiceBackend {
  readonly store: Store;
  readonly bus: Bus;
  /**
   * Says whether this process's clock can be trusted. While it cannot, no data is deleted because of its age.
   * Default: a new clock guard.
   */
  readonly clock?: Pick<ClockGuard, 'assertTrusted' | 'isTrusted'>;
  /**
   * Must be called with the time of each event that another process has published, if the event's signature
   * was verified. The time of an unsigned record proves nothing, because anybody who can write to a topic can
   * choose it.
   */
  observeTime?(time: Date): void;
}
