/** The kinds of stores that service clients are kept in. */
import { type Store, selectByKind } from '@latchkey/backend';
import type { ClientStorage } from '../service-clients.ts';
import { openMongoClients } from './mongo/clients.ts';
import { openSqliteClients } from './sqlite/clients.ts';

/** Opens the service clients of a store, whose connection may still be in progress. @throws DataFolderError */
export const openClients: (store: Store) => ClientStorage = selectByKind({
  mongo: openMongoClients,
  sqlite: openSqliteClients,
});
