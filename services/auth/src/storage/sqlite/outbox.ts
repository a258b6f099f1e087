import { type Database, guardSqlite } from '@latchkey/sqlite';
import type { CommitKey, Outbox } from '../../ports/outbox.ts';
import { readableByStream } from '../stored-events.ts';
import { commitOf } from './commits.ts';

const SQL = {
  unpublished: `SELECT * FROM journal_commit INDEXED BY journal_unpublished_by_stream
    WHERE stream = :stream AND unpublished IS NOT NULL ORDER BY number`,
  waiting: `SELECT stream FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished < :before ORDER BY unpublished, rowid`,
  markPublished: 'UPDATE journal_commit SET unpublished = NULL WHERE stream = :stream AND number = :number',
  count: `SELECT count(*) AS commits FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL`,
  oldest: `SELECT at FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL ORDER BY unpublished, rowid LIMIT 1`,
} as const;

/** The outbox in the embedded store: commits with a time in `unpublished`. */
export function createSqliteOutbox(database: Database): Outbox {
  /** Returns the first `limit` distinct streams; reads no more rows than it takes to find them. */
  function waiting(before: Date, limit: number): readonly string[] {
    const streams = new Set<string>();
    for (const row of database.prepare(SQL.waiting).iterate({ before: before.getTime() })) {
      streams.add(String(row['stream']));
      if (streams.size >= limit) break;
    }
    return [...streams];
  }

  function markAll(commits: readonly CommitKey[]): void {
    const mark = database.prepare(SQL.markPublished);
    for (const { stream, number } of commits) mark.run({ stream, number });
  }

  return guardSqlite<Outbox>({
    async unpublished(streams) {
      const select = database.prepare(SQL.unpublished);
      const rows = [...new Set(streams)].flatMap((stream) => select.all({ stream }));
      return readableByStream(rows, commitOf);
    },
    waiting: async ({ before, limit }) => waiting(before, limit),
    // Safe to lose in a crash: the commits are published again (at-least-once).
    markPublished: (commits) => database.write(() => markAll(commits), { flushed: false }),
    async backlog() {
      const oldest = database.prepare(SQL.oldest).get();
      const commits = Number(database.prepare(SQL.count).get()?.['commits']);
      return oldest === undefined ? { commits } : { commits, oldest: String(oldest['at']) };
    },
  });
}
