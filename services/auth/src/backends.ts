/** Opens auth's stores by the kind of backend. */
import type { Bus } from '@latchkey/bus';
import type { ClusterBackend } from '@latchkey/cluster';
import type { Database } from '@latchkey/sqlite';
import type { Stores } from './ports/stores.ts';
import { openMongoStores } from './storage/mongo/index.ts';
import { openSqliteStores } from './storage/sqlite/index.ts';

/** Everything in one process, on one data folder. The caller owns bus and database. */
export interface EmbeddedBackend {
  readonly kind: 'embedded';
  readonly database: Database;
  readonly bus: Bus;
}

export { authIndexes } from './storage/mongo/index.ts';

export type Backend = EmbeddedBackend | ClusterBackend;

/** The part of a backend that stores data. */
export type Store = Pick<EmbeddedBackend, 'database'> | Pick<ClusterBackend, 'connection'>;

export function storesOf(store: Store): Stores {
  return 'connection' in store ? openMongoStores(store.connection) : openSqliteStores(store.database);
}
