/** Selects the notifier's implementation for the kind of store that is used. */
import { type Store, selectByStoreKind } from '@latchkey/backend';
import type { NotifierStorage } from '../ports/storage.ts';
import { openMongoNotifierStorage } from './mongo/index.ts';
import { openSqliteNotifierStorage } from './sqlite/index.ts';

/**
 * Opens the storage of the notifier in the given store. May return before the store is connected.
 * @throws DataFolderError
 */
export const openNotifierStorage: (store: Store) => NotifierStorage = selectByStoreKind({
  mongo: openMongoNotifierStorage,
  sqlite: openSqliteNotifierStorage,
});
