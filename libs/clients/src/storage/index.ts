/** The kinds of stores that service clients are kept in. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { ServiceClientStorage } from '../service-clients.ts';
import { openMongoServiceClients } from './mongo/clients.ts';
import { openSqliteServiceClients } from './sqlite/clients.ts';

/** Opens the service clients of a store, whose connection may still be in progress. @throws DataFolderError */
export const openServiceClients: (store: Store) => ServiceClientStorage = selectByStoreKind({
  mongo: openMongoServiceClients,
  sqlite: openSqliteServiceClients,
});
