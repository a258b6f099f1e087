/** Opens auth's stores in the kind of database that is configured. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { AuthStores } from '../ports/stores.ts';
import { openMongoAuthStores } from './mongo/index.ts';
import { openSqliteAuthStores } from './sqlite/index.ts';

/**
 * Opens auth's stores in a database. The connection to the database need not be established yet.
 * @throws DataFolderError
 */
export const openAuthStores: (store: Store) => AuthStores = selectByStoreKind({
  mongo: ({ connection }) => openMongoAuthStores(connection),
  sqlite: ({ database }) => openSqliteAuthStores(database),
});
