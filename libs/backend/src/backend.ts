import type { Bus } from '@latchkey/bus';
import type { Store } from './store-kinds.ts';

/** The store and the log that a service runs on. The caller owns and closes both. */
export interface Backend {
  readonly store: Store;
  readonly bus: Bus;
}
