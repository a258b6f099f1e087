/** The kinds of stores that the notifier runs on. */
import { byKind, type Store } from '@latchkey/backend';
import type { NotifierStorage } from '../ports/storage.ts';
import { openMongoStorage } from './mongo/index.ts';
import { openSqliteStorage } from './sqlite/index.ts';

/** Opens the notifier's part of a store. @throws DataFolderError; the connection may still be in progress */
export const openStorage: (store: Store) => NotifierStorage = byKind({
  mongo: openMongoStorage,
  sqlite: openSqliteStorage,
});
