/** Selects the implementation of the user service's storage for a store. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { UserStorage } from '../ports/storage.ts';
import { openMongoUserStorage } from './mongo/index.ts';
import { openSqliteUserStorage } from './sqlite/index.ts';

/**
 * Opens the user service's storage in a store. The store may still be connecting.
 * @throws DataFolderError
 */
export const openUserStorage: (store: Store) => UserStorage = selectByStoreKind({
  mongo: openMongoUserStorage,
  sqlite: openSqliteUserStorage,
});
