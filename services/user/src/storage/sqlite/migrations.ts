/** The tables of the user service: one for the pointer, and one per generation of the read model. */
import type { Schema } from '@latchkey/sqlite';
import { generationName, initialPointer } from '../../generation/pointer.ts';

const pointerTable = `
  CREATE TABLE IF NOT EXISTS user_generations (
    id TEXT PRIMARY KEY CHECK (id = 'pointer'),
    version INTEGER NOT NULL,
    pointer TEXT NOT NULL
  ) STRICT`;

/** Returns the name of a generation's table. @param generation letters, digits and `_` only */
export function profileTableName(generation: string): string {
  if (!/^\w+$/.test(generation)) throw new Error('A generation is named by letters, digits and _ alone.');
  return `user_profiles_${generation}`;
}

/**
 * The SQL of the table of a new generation. A migration that changes this table must also change the tables of all
 * generations that exist. Only profiles that have not ended have a `created_at`, so the partial indexes leave out
 * accounts that ended or are unknown.
 */
export function profileTableSql(table: string): string {
  return `
  CREATE TABLE IF NOT EXISTS ${table} (
    id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    profile TEXT,
    parked TEXT,
    created_at TEXT,
    role TEXT,
    verified INTEGER,
    email TEXT,
    username TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS ${table}_listed ON ${table} (created_at, id) WHERE created_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_role ON ${table} (role, created_at, id) WHERE created_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_verified ON ${table} (verified, created_at, id) WHERE created_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_email ON ${table} (email) WHERE email IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_username ON ${table} (username) WHERE username IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_parked ON ${table} (id) WHERE parked IS NOT NULL;`;
}

export const userSchema: Schema = {
  owner: 'user',
  migrations: [
    (connection) => {
      connection.exec(pointerTable);
      // After a rebuild the table of the first generation may have been removed for good.
      const isNew = connection.prepare('SELECT 1 FROM user_generations').get() === undefined;
      if (isNew) connection.exec(profileTableSql(profileTableName(generationName(initialPointer.active))));
    },
  ],
};
