import type { Bus } from '@latchkey/bus';
import type { Store } from './store-kinds.ts';

/** What a service is composed on: a store and a log. The caller owns and closes both. */
export interface Backend {
  readonly store: Store;
  readonly bus: Bus;
}
