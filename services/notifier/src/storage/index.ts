/** The kinds of stores that the notifier runs on. */
import { type Store, selectByKind } from '@latchkey/backend';
import type { NotifierStorage } from '../ports/storage.ts';
import { openMongoStorage } from './mongo/index.ts';
import { openSqliteStorage } from './sqlite/index.ts';

/** Opens the notifier's part of a store. @throws DataFolderError; the connection may still be in progress */
export const openStorage: (store: Store) => NotifierStorage = selectByKind({
  mongo: openMongoStorage,
  sqlite: openSqliteStorage,
});
