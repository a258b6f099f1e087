export { DataFolderError } from './data-folder-error.ts';
export { type Database, type OpenOptions, openDatabase, type Row, type WriteOptions } from './database.ts';
export { mapSqliteErrors } from './guard.ts';
export { createSqliteKeyFingerprints, keyFingerprintSource } from './key-fingerprints.ts';
export { createSqliteLeaseRecords } from './lease-records.ts';
export type { Migration, Schema } from './migrations.ts';
export { createRowSource } from './row-source.ts';
export { createSqliteStore, openSqlite, type SqliteStore } from './sqlite-store.ts';
