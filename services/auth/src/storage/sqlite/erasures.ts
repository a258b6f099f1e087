import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import type { ScheduledErasureStore } from '../../ports/erasures.ts';

const SQL = {
  due: `SELECT stream, number, erase_at FROM journal_commit INDEXED BY journal_erasure
    WHERE erase_at IS NOT NULL AND (erase_at, stream, number) > (:eraseAt, :stream, :number) AND erase_at <= :until
    ORDER BY erase_at, stream, number LIMIT :limit`,
  isScheduled: 'SELECT 1 FROM journal_commit WHERE stream = :stream AND erase_at IS NOT NULL LIMIT 1',
  settle: 'UPDATE journal_commit SET erase_at = NULL WHERE stream = :stream AND number = :number',
  settleAll: 'UPDATE journal_commit SET erase_at = NULL WHERE stream = :stream AND erase_at IS NOT NULL',
} as const;

const FIRST = { eraseAt: '', stream: '', number: 0 };

/** The scheduled and running erasures in the embedded store: commits whose column `erase_at` is set. */
export function createSqliteErasures(database: Database): ScheduledErasureStore {
  return mapSqliteErrors<ScheduledErasureStore>({
    due: async ({ after: { eraseAt, stream, number } = FIRST, until, limit }) =>
      database
        .prepare(SQL.due)
        .all({ eraseAt, stream, number, until: until.toISOString(), limit })
        .map((row) => ({
          stream: String(row['stream']),
          number: Number(row['number']),
          eraseAt: String(row['erase_at']),
        })),
    isScheduled: async (stream) => database.prepare(SQL.isScheduled).get({ stream }) !== undefined,
    settle: ({ stream, number }) =>
      database.write(() => void database.prepare(SQL.settle).run({ stream, number })),
    settleAll: (stream) => database.write(() => void database.prepare(SQL.settleAll).run({ stream })),
  });
}
