import type { Bus } from '@latchkey/bus';
import type { ClockGuard } from '@latchkey/process';
import type { Store } from './store-kinds.ts';

/** The store and the log that a service runs on. The code that opened them must also close them. */
export interface ServiceBackend {
  readonly store: Store;
  readonly bus: Bus;
  /**
   * Decides whether the clock of this process can be trusted. While it cannot be trusted, the service
   * deletes no data because of its age. Default: a new clock guard.
   */
  readonly clock?: Pick<ClockGuard, 'assertTrusted' | 'isTrusted'>;
  /**
   * Compares this process's clock with the time of an event that another process has published. Must be
   * called only if the event's signature was verified, because anybody who can write to a topic can choose
   * the time of an unsigned record.
   */
  observeTime?(time: Date): void;
}
