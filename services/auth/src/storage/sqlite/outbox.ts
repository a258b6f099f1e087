import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import {
  type CommitKey,
  MAX_COUNTED_UNPUBLISHED_COMMITS,
  type Outbox,
  type TimeSpan,
} from '../../ports/outbox.ts';
import { groupReadableCommitsByStream } from '../stored-events.ts';
import { commitFromRow } from './commits.ts';

const SQL = {
  unpublished: `SELECT * FROM journal_commit INDEXED BY journal_unpublished_by_stream
    WHERE stream = :stream AND unpublished IS NOT NULL ORDER BY number`,
  stampedBefore: `SELECT stream FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished < :at ORDER BY unpublished, rowid`,
  stampedAfter: `SELECT stream FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished > :at ORDER BY unpublished, rowid`,
  markPublished: 'UPDATE journal_commit SET unpublished = NULL WHERE stream = :stream AND number = :number',
  count: `SELECT count(*) AS commits FROM (SELECT 1 FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL LIMIT ${MAX_COUNTED_UNPUBLISHED_COMMITS})`,
  oldest: `SELECT at FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL ORDER BY unpublished, rowid LIMIT 1`,
} as const;

/** The latest time that a Date can represent. */
const NEVER = new Date(8.64e15);
const NOTHING_RECENT: TimeSpan = { from: NEVER, to: NEVER };

/** The outbox in the embedded store: commits whose column `unpublished` is set. */
export function createSqliteOutbox(database: Database): Outbox {
  /**
   * Adds streams with unpublished commits to `streams` until the set has `limit` elements. Reads no more rows
   * than needed.
   */
  function addStreams(streams: Set<string>, sql: string, at: number, limit: number): void {
    for (const row of database.prepare(sql).iterate({ at })) {
      if (streams.size >= limit) break;
      streams.add(String(row['stream']));
    }
  }

  function waiting(recent: TimeSpan, limit: number): readonly string[] {
    const streams = new Set<string>();
    addStreams(streams, SQL.stampedBefore, recent.from.getTime(), limit);
    addStreams(streams, SQL.stampedAfter, recent.to.getTime(), limit);
    return [...streams];
  }

  function markAll(commits: readonly CommitKey[]): void {
    const mark = database.prepare(SQL.markPublished);
    for (const { stream, number } of commits) mark.run({ stream, number });
  }

  return mapSqliteErrors<Outbox>({
    async unpublished(streams) {
      const select = database.prepare(SQL.unpublished);
      const rows = [...new Set(streams)].flatMap((stream) => select.all({ stream }));
      return groupReadableCommitsByStream(rows, commitFromRow);
    },
    waiting: async ({ recent = NOTHING_RECENT, limit }) => waiting(recent, limit),
    // Not flushed to disk: after a power cut, these commits are published again, which is harmless
    // (at-least-once).
    markPublished: (commits) => database.write(() => markAll(commits), { flushed: false }),
    async backlog() {
      const oldest = database.prepare(SQL.oldest).get();
      const commits = Number(database.prepare(SQL.count).get()?.['commits']);
      return oldest === undefined ? { commits } : { commits, oldest: String(oldest['at']) };
    },
  });
}
