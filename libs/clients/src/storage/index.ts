/** Opens service clients on any kind of store. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { ServiceClientStorage } from '../service-clients.ts';
import { openMongoServiceClients } from './mongo/clients.ts';
import { openSqliteServiceClients } from './sqlite/clients.ts';

/**
 * Opens the service clients in a store. The store may still be connecting.
 * @throws DataFolderError
 */
export const openServiceClients: (store: Store) => ServiceClientStorage = selectByStoreKind({
  mongo: openMongoServiceClients,
  sqlite: openSqliteServiceClients,
});
