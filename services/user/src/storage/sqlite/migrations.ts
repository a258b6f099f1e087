/** The tables of the user service: one for the pointer, and one for each generation of the read model. */
import type { SqliteMigration, SqliteSchema } from '@latchkey/sqlite';
import { getGenerationNameSuffix, initialGenerationPointer } from '../../generation/pointer.ts';

const pointerTable = `
  CREATE TABLE IF NOT EXISTS user_generations (
    id TEXT PRIMARY KEY CHECK (id = 'pointer'),
    version INTEGER NOT NULL,
    pointer TEXT NOT NULL
  ) STRICT`;

/**
 * Returns the name of the SQLite table of a generation.
 * @param generation the name of the generation; only letters, digits and `_`
 */
export function getProfileTableName(generation: string): string {
  if (!/^\w+$/.test(generation))
    throw new Error('The name of a generation may contain only letters, digits and _.');
  return `user_profiles_${generation}`;
}

/** Returns the number of the generation in a table; undefined if the table contains no generation. */
export function parseGenerationOfTable(name: string): number | undefined {
  const number = /^user_profiles_v(\d+)$/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The SQL that lists all tables. */
export const SELECT_TABLE_NAMES_SQL = "SELECT name FROM sqlite_master WHERE type = 'table'";

/** The columns of a generation's table in release 0.1. */
const release01Columns = `
    id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    profile TEXT,
    parked TEXT,
    created_at TEXT,
    role TEXT,
    verified INTEGER,
    email TEXT,
    username TEXT`;

/** The SQL condition of the index of accounts that are parked because their history has forked. */
export const IS_FORKED_SQL = "parked IS NOT NULL AND json_extract(parked, '$.reason') = 'forked'";

/**
 * Returns the SQL that creates the table of a new generation. A migration that changes this table must also change the
 * tables of all generations that exist.
 */
export function createProfileTableSql(table: string): string {
  return `${tableSql(table, `${release01Columns},\n    head TEXT`)}\n${forkedIndexSql(table)}`;
}

/**
 * Only profiles that have not ended have a `created_at`, so the partial indexes leave out accounts that ended or are
 * unknown.
 */
function tableSql(table: string, columns: string): string {
  return `
  CREATE TABLE IF NOT EXISTS ${table} (${columns}
  ) STRICT;
  CREATE INDEX IF NOT EXISTS ${table}_listed ON ${table} (created_at, id) WHERE created_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_role ON ${table} (role, created_at, id) WHERE created_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_verified ON ${table} (verified, created_at, id) WHERE created_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_email ON ${table} (email) WHERE email IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_username ON ${table} (username) WHERE username IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_parked ON ${table} (id) WHERE parked IS NOT NULL;`;
}

function forkedIndexSql(table: string): string {
  return `  CREATE INDEX IF NOT EXISTS ${table}_forked ON ${table} (id) WHERE ${IS_FORKED_SQL};`;
}

const release01: SqliteMigration = (connection) => {
  connection.exec(pointerTable);
  // Create the first generation only in a new database: in an older one, a rebuild may have removed it.
  const isNew = connection.prepare('SELECT 1 FROM user_generations').get() === undefined;
  if (isNew)
    connection.exec(
      tableSql(
        getProfileTableName(getGenerationNameSuffix(initialGenerationPointer.active)),
        release01Columns,
      ),
    );
};

/**
 * Adds the column for the head of each account's hash chain (the sequence and hash of its last applied event), and
 * the index of accounts whose history has forked.
 */
const heads: SqliteMigration = (connection) => {
  const tables = connection
    .prepare(SELECT_TABLE_NAMES_SQL)
    .all()
    .map(({ name }) => String(name));
  for (const table of tables.filter((name) => parseGenerationOfTable(name) !== undefined))
    connection.exec(`ALTER TABLE ${table} ADD COLUMN head TEXT; ${forkedIndexSql(table)}`);
};

export const userSqliteSchema: SqliteSchema = { owner: 'user', migrations: [release01, heads] };
