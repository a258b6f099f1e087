/**
 * Rewrites the whole file, so that it contains no erased data. `secure_delete` overwrites deleted data, but when SQLite
 * moves rows to another page, it leaves copies of them in unused bytes of the former page. Of a thousand erased rows,
 * about one has such a copy. Only a rewrite removes the copies.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Schema } from './migrations.ts';

const DAY_MS = 86_400_000;

/** Whether the file may still contain data that was erased. */
export interface ErasedRemains {
  /** Whether data was erased since the file was last rewritten. */
  readonly possible: boolean;
  /** When the last rewrite began; undefined if there was none. */
  readonly rewrittenAt?: Date;
}

/**
 * `erasures` counts the writes that erased data, and `covered` those of them from before the last rewrite.
 * `attempted_at` is when the last rewrite began, whether it ended or not.
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

/** Records the rewrites. In a file of an earlier release, it is unknown whether data was erased, so that it counts as erased. */
export const rewriteSchema: Schema = {
  owner: 'file',
  migrations: [
    (connection) => {
      const isNew = connection.prepare(SQL.others).get() === undefined;
      connection.exec(TABLE);
      connection.prepare(SQL.add).run({ erasures: isNew ? 0 : 1 });
    },
  ],
};

/** Returns whether the file is one of an earlier release, which no server of this release has opened yet. */
function isUncounted(connection: DatabaseSync): boolean {
  return connection.prepare(SQL.exists).get() === undefined;
}

/** Notes, in the transaction of a write, that the write erases data. */
export function noteErasure(connection: DatabaseSync): void {
  if (!isUncounted(connection)) connection.prepare(SQL.note).run();
}

export function erasedRemains(connection: DatabaseSync): ErasedRemains {
  if (isUncounted(connection)) return { possible: true };
  const { erasures, covered, rewritten_at: rewrittenAt } = connection.prepare(SQL.find).get() ?? {};
  return {
    possible: Number(erasures) > Number(covered),
    ...(typeof rewrittenAt === 'number' && { rewrittenAt: new Date(rewrittenAt) }),
  };
}

/**
 * Rewrites the file. Blocks; needs free space of up to twice the size of the file. After a crash, the rewrite counts as
 * not done. The write-ahead log must be emptied afterwards.
 * @throws SQLite's errors
 */
export function rewriteFile(connection: DatabaseSync): void {
  const rewrittenAt = Date.now();
  const covered = Number(connection.prepare(SQL.find).get()?.['erasures']);
  connection.prepare(SQL.attempt).run({ attemptedAt: rewrittenAt });
  connection.exec('VACUUM');
  connection.prepare(SQL.cover).run({ covered, rewrittenAt });
}

/** Returns whether the last rewrite was interrupted or failed less than a day ago. */
export function hasFailedToday(connection: DatabaseSync): boolean {
  const { rewritten_at: rewrittenAt, attempted_at: attemptedAt } = connection.prepare(SQL.find).get() ?? {};
  return typeof attemptedAt === 'number' && attemptedAt !== rewrittenAt && Date.now() - attemptedAt < DAY_MS;
}
