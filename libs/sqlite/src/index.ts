export { DataFolderError } from './data-folder-error.ts';
export { type Database, type OpenOptions, openDatabase, type Row, type WriteOptions } from './database.ts';
export { mapSqliteErrors } from './guard.ts';
export { createSqliteKeyFingerprints, keyFingerprintSource } from './key-fingerprints.ts';
export { sqliteLeases } from './lease-records.ts';
export type { Migration, Schema } from './migrations.ts';
export { rowSource } from './row-source.ts';
export { openSqlite, type SqliteStore, sqliteStore } from './sqlite-store.ts';
