/** Opens auth's stores, whichever database is configured. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { Stores } from '../ports/stores.ts';
import { openMongoStores } from './mongo/index.ts';
import { openSqliteStores } from './sqlite/index.ts';

/** Opens auth's stores in a database. The connection need not be established yet. @throws DataFolderError */
export const openStorage: (store: Store) => Stores = selectByStoreKind({
  mongo: ({ connection }) => openMongoStores(connection),
  sqlite: ({ database }) => openSqliteStores(database),
});
