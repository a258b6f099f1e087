export { DataFolderError } from './data-folder-error.ts';
export {
  type Database,
  type OpenDatabaseOptions,
  openDatabase,
  type SqliteRow,
  type WriteOptions,
} from './database.ts';
export { mapSqliteErrors } from './guard.ts';
export { createSqliteKeyFingerprintMoveSource, createSqliteKeyFingerprintStore } from './key-fingerprints.ts';
export { createSqliteLeaseRecords } from './lease-records.ts';
export type { SqliteMigration, SqliteSchema } from './migrations.ts';
export { createSqliteRowMoveSource } from './row-source.ts';
export { createSqliteStore, openSqlite, type SqliteStore } from './sqlite-store.ts';
