/** The kinds of stores that the user service runs on. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { UserStorage } from '../ports/storage.ts';
import { openMongoStorage } from './mongo/index.ts';
import { openSqliteStorage } from './sqlite/index.ts';

/** Opens the user service's part of a store, whose connection may still be in progress. @throws DataFolderError */
export const openStorage: (store: Store) => UserStorage = selectByStoreKind({
  mongo: openMongoStorage,
  sqlite: openSqliteStorage,
});
