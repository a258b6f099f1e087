import type { Bus } from '@latchkey/bus';
import type { Mongo } from '@latchkey/mongo';

/** A log and a store that many processes share. Both belong to who hands them in. */
export interface ClusterBackend {
  readonly kind: 'cluster';
  readonly connection: Mongo['connection'];
  readonly bus: Bus;
}
