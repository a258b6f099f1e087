/** The kinds of stores that auth runs on. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { Stores } from '../ports/stores.ts';
import { openMongoStores } from './mongo/index.ts';
import { openSqliteStores } from './sqlite/index.ts';

/** Opens auth's part of a store, whose connection may still be in progress. @throws DataFolderError */
export const openStorage: (store: Store) => Stores = selectByStoreKind({
  mongo: ({ connection }) => openMongoStores(connection),
  sqlite: ({ database }) => openSqliteStores(database),
});
