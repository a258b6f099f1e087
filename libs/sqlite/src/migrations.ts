/**
 * Runs numbered migrations. The tables in one file have several owners (`auth`, `notifier`, `bus`, …), each
 * with its own ordered list of migrations. The table `schema_version` records how many migrations of each
 * list have run. `PRAGMA user_version` is the version of the file format as a whole. The reasons are in
 * docs/adr/0023-each-owner-of-tables-numbers-its-own-migrations.md.
 */
import type { DatabaseSync } from 'node:sqlite';
import { DataFolderError } from './data-folder-error.ts';

/**
 * The version of the file format. Files of release 0.1 have version 1, in which the table `schema_version`
 * does not exist. A program refuses files of a later version than its own.
 */
export const DATA_FOLDER_FORMAT_VERSION = 2;

/**
 * SQL statements, or a function if the statements depend on the stored data. A migration runs once, in a
 * transaction.
 */
export type SqliteMigration = string | ((connection: Pick<DatabaseSync, 'exec' | 'prepare'>) => void);

export interface SqliteSchema {
  /** The owner of the tables. Must be unique within the file and never change. */
  readonly owner: string;
  /** The migrations, in order. Never edit, move or remove a released migration: append another one. */
  readonly migrations: readonly SqliteMigration[];
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS schema_version (
    owner TEXT PRIMARY KEY,
    version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

const SET = `
  INSERT INTO schema_version (owner, version) VALUES (:owner, :version)
  ON CONFLICT DO UPDATE SET version = excluded.version`;

/**
 * Returns whether some of the migrations have not run yet.
 * @throws DataFolderError if a newer release has run migrations that this one does not have
 */
export function hasPendingMigrations(
  connection: DatabaseSync,
  schema: SqliteSchema,
  folder: string,
): boolean {
  const version = versionOf(connection, schema.owner);
  if (version > schema.migrations.length) throw createNewerVersionError(folder);
  return version < schema.migrations.length;
}

/**
 * Runs the migrations that have not run yet, in one transaction. Does nothing if another process has already
 * run them.
 * @throws SQLite's errors
 */
export function runMigrations(connection: DatabaseSync, schema: SqliteSchema): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    connection.exec(`${TABLE}; PRAGMA user_version = ${DATA_FOLDER_FORMAT_VERSION}`);
    for (const migration of schema.migrations.slice(versionOf(connection, schema.owner))) {
      if (typeof migration === 'string') connection.exec(migration);
      else migration(connection);
    }
    connection.prepare(SET).run({ owner: schema.owner, version: schema.migrations.length });
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

export function createNewerVersionError(folder: string): DataFolderError {
  return new DataFolderError(`The data folder ${folder} was written by a newer version of Latchkey.`);
}

/** Returns how many migrations have run: 0 for a new file, and for a file of release 0.1. */
function versionOf(connection: DatabaseSync, owner: string): number {
  const table = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").get();
  if (table === undefined) return 0;
  return Number(
    connection.prepare('SELECT version FROM schema_version WHERE owner = :owner').get({ owner })?.[
      'version'
    ] ?? 0,
  );
}
