/** What ops may see and do of mails beside running notifiers. */
import type { ClusterBackend } from '@latchkey/cluster';
import { createMongoDeliveries } from './adapters/deliveries.mongo.ts';
import { createSqliteDeliveries } from './adapters/deliveries.sqlite.ts';
import type { EmbeddedBackend } from './compose.ts';
import type { Deliveries } from './ports/deliveries.ts';

export type Administration = Pick<Deliveries, 'list' | 'find' | 'retryNow' | 'cancel'>;

/** What a backend keeps its data in. */
export type Store = Pick<EmbeddedBackend, 'database'> | Pick<ClusterBackend, 'connection'>;

export function openAdministration(store: Store): Administration {
  return 'connection' in store
    ? createMongoDeliveries(store.connection)
    : createSqliteDeliveries(store.database);
}
