/**
 * Rewrites the whole database file, so that it contains no erased data. `secure_delete` overwrites a deleted
 * row. But if SQLite has moved the row to another page before, a copy may remain in unused bytes of the
 * former page. About one row in a thousand leaves such a copy. Only a rewrite of the file removes such
 * copies.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { ErasedDataRemnants } from '@latchkey/store';
import type { SqliteSchema } from './migrations.ts';

const DAY_MS = 86_400_000;

/**
 * The table has one row. `erasures` counts the writes that have erased data. `covered` is the value that
 * `erasures` had at the last complete rewrite, so the file may contain erased data if `covered` is less than
 * `erasures`. `attempted_at` is the time at which the last rewrite began, whether or not it was completed.
 */
const TABLE = `
  CREATE TABLE file_rewrite (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    erasures INTEGER NOT NULL,
    covered INTEGER NOT NULL,
    rewritten_at INTEGER,
    attempted_at INTEGER
  ) STRICT`;

const SQL = {
  others: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_version' LIMIT 1",
  add: 'INSERT INTO file_rewrite (id, erasures, covered) VALUES (1, :erasures, 0)',
  exists: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'file_rewrite'",
  find: 'SELECT erasures, covered, rewritten_at, attempted_at FROM file_rewrite',
  attempt: 'UPDATE file_rewrite SET attempted_at = :attemptedAt',
  note: 'UPDATE file_rewrite SET erasures = erasures + 1',
  cover: 'UPDATE file_rewrite SET covered = :covered, rewritten_at = :rewrittenAt',
} as const;

/**
 * The schema of the table that records rewrites. If the file was created by an earlier release, data may
 * already have been erased from it, so the migration then counts one erasure.
 */
export const fileRewriteSchema: SqliteSchema = {
  owner: 'file',
  migrations: [
    (connection) => {
      const isNew = connection.prepare(SQL.others).get() === undefined;
      connection.exec(TABLE);
      connection.prepare(SQL.add).run({ erasures: isNew ? 0 : 1 });
    },
  ],
};

/**
 * Returns whether the table of rewrites is missing, because an earlier release has created the file, and no
 * server of this release has opened it yet.
 */
function isUncounted(connection: DatabaseSync): boolean {
  return connection.prepare(SQL.exists).get() === undefined;
}

/** Records that a write erases data. Must be called in the transaction of that write. */
export function recordErasure(connection: DatabaseSync): void {
  if (!isUncounted(connection)) connection.prepare(SQL.note).run();
}

export function findErasedDataRemnants(connection: DatabaseSync): ErasedDataRemnants {
  if (isUncounted(connection)) return { possible: true };
  const { erasures, covered, rewritten_at: rewrittenAt } = connection.prepare(SQL.find).get() ?? {};
  return {
    possible: Number(erasures) > Number(covered),
    ...(typeof rewrittenAt === 'number' && { rewrittenAt: new Date(rewrittenAt) }),
  };
}

/**
 * Rewrites the file. Blocks the process, and needs free space of up to twice the size of the file. A rewrite
 * that a crash interrupts counts as failed. The caller must empty the write-ahead log afterwards.
 * @throws SQLite's errors
 */
export function rewriteDatabaseFile(connection: DatabaseSync): void {
  const rewrittenAt = Date.now();
  const covered = Number(connection.prepare(SQL.find).get()?.['erasures']);
  connection.prepare(SQL.attempt).run({ attemptedAt: rewrittenAt });
  connection.exec('VACUUM');
  connection.prepare(SQL.cover).run({ covered, rewrittenAt });
}

/**
 * Returns whether the last rewrite began less than a day ago, and failed or was interrupted. A start time in
 * the future is ignored, because a wrong clock has recorded it.
 */
export function hasRewriteFailedRecently(connection: DatabaseSync): boolean {
  const { rewritten_at: rewrittenAt, attempted_at: attemptedAt } = connection.prepare(SQL.find).get() ?? {};
  if (typeof attemptedAt !== 'number' || attemptedAt === rewrittenAt) return false;
  const ageMs = Date.now() - attemptedAt;
  return ageMs >= 0 && ageMs < DAY_MS;
}
