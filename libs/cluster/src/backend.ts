import type { Bus } from '@latchkey/bus';
import type { Mongo } from '@latchkey/mongo';

/** Kafka and MongoDB, shared by many processes. The owner of the backend closes both. */
export interface ClusterBackend {
  readonly kind: 'cluster';
  readonly connection: Mongo['connection'];
  readonly bus: Bus;
}
