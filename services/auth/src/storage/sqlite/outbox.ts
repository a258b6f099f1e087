import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import { type Commit, UnreadableCommit } from '../../ports/journal.ts';
import {
  type CommitKey,
  MAX_COUNTED_UNPUBLISHED_COMMITS,
  type Outbox,
  type OutboxPage,
  type OutboxPageRequest,
} from '../../ports/outbox.ts';
import { MAX_COMMITS_PER_EVENT_LOOP_TURN, readCommitsInSteps } from './commit-pages.ts';
import { commitFromRow } from './commits.ts';

/**
 * How many entries of the index of unpublished commits by time are read in one turn of the event loop.
 * Reading them takes about 2 ms.
 */
const STAMPS_PER_TURN = 1000;

const SQL = {
  unpublished: `SELECT * FROM journal_commit INDEXED BY journal_unpublished_by_stream
    WHERE stream = :stream AND number > :after AND unpublished IS NOT NULL ORDER BY number LIMIT :limit`,
  stamped: `SELECT stream, unpublished, rowid AS "row" FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished > :at AND unpublished < :before ORDER BY unpublished, rowid LIMIT :limit`,
  stampedAt: `SELECT stream, unpublished, rowid AS "row" FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished = :at AND rowid > :row ORDER BY rowid LIMIT :limit`,
  markPublished: 'UPDATE journal_commit SET unpublished = NULL WHERE stream = :stream AND number = :number',
  count: `SELECT count(*) AS commits FROM (SELECT 1 FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL LIMIT ${MAX_COUNTED_UNPUBLISHED_COMMITS})`,
  oldest: `SELECT at FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL ORDER BY unpublished, rowid LIMIT 1`,
} as const;

/** The latest time that a Date can represent, in ms since the epoch. */
const LATEST_MS = 8.64e15;

/** The outbox in the embedded store: commits whose column `unpublished` is set. */
export function createSqliteOutbox(database: Database): Outbox {
  /**
   * Reads `limit` unpublished commits in the order of their times. If further commits have the same time as
   * the last one, reads them too. Lets other work run after every 1,000 commits.
   * @param after only commits later than this time are read; in ms since the epoch
   * @param before only commits earlier than this time are read; in ms since the epoch
   */
  async function readPage(
    { after, before }: { readonly after: number; readonly before: number },
    limit: number,
  ): Promise<OutboxPage> {
    const streams = new Set<string>();
    let [at, row, read] = [after, 0, 0];

    /**
     * Adds the streams of the given rows to the result, and remembers the position of the last row, after
     * which the next query continues.
     */
    async function take(rows: readonly SqliteRow[]): Promise<void> {
      for (const { stream } of rows) streams.add(String(stream));
      const last = rows.at(-1);
      if (last !== undefined) [at, row] = [Number(last['unpublished']), Number(last['row'])];
      read += rows.length;
      if (rows.length === STAMPS_PER_TURN) await nextTurn();
    }

    let hasMore = true;
    while (hasMore && read < limit) {
      const asked = Math.min(STAMPS_PER_TURN, limit - read);
      const rows = database.prepare(SQL.stamped).all({ at, before, limit: asked });
      await take(rows);
      hasMore = rows.length === asked;
      for (let isFull = hasMore; isFull; ) {
        const sameTime = database.prepare(SQL.stampedAt).all({ at, row, limit: STAMPS_PER_TURN });
        await take(sameTime);
        isFull = sameTime.length === STAMPS_PER_TURN;
      }
    }
    hasMore &&= database.prepare(SQL.stamped).get({ at, before, limit: 1 }) !== undefined;
    return { streams: [...streams], ...(read > 0 && { last: new Date(at) }), hasMore };
  }

  async function waiting({ recent, after, limit }: OutboxPageRequest): Promise<OutboxPage> {
    // Read the commits whose times are in the future first. Reading the overdue commits may take many turns
    // of the event loop, and commits that are appended meanwhile also have times after `recent.to`. A later
    // read could not distinguish them from commits in the future.
    const future =
      recent === undefined || after !== undefined
        ? []
        : (await readPage({ after: recent.to.getTime(), before: LATEST_MS }, limit)).streams;
    const page = await readPage(
      {
        after: after?.getTime() ?? -LATEST_MS - 1,
        before: recent?.from.getTime() ?? LATEST_MS,
      },
      limit,
    );
    return { ...page, streams: [...new Set([...page.streams, ...future])] };
  }

  /** Returns the unpublished commits of a stream, or the error if they cannot be read. */
  async function ofStream(stream: string): Promise<readonly Commit[] | UnreadableCommit> {
    try {
      return await readCommitsInSteps((after, limit) =>
        database.prepare(SQL.unpublished).all({ stream, after, limit }).map(commitFromRow),
      );
    } catch (error) {
      if (error instanceof UnreadableCommit) return error;
      throw error;
    }
  }

  function markAll(commits: readonly CommitKey[]): void {
    const mark = database.prepare(SQL.markPublished);
    for (const { stream, number } of commits) mark.run({ stream, number });
  }

  return mapSqliteErrors<Outbox>({
    async unpublished(streams) {
      const byStream = new Map<string, readonly Commit[] | UnreadableCommit>();
      let read = 0;
      for (const stream of new Set(streams)) {
        const commits = await ofStream(stream);
        if (commits instanceof UnreadableCommit || commits.length > 0) byStream.set(stream, commits);
        read += commits instanceof UnreadableCommit ? 1 : commits.length;
        if (read < MAX_COMMITS_PER_EVENT_LOOP_TURN) continue;
        await nextTurn();
        read = 0;
      }
      return byStream;
    },
    waiting,
    async markPublished(commits) {
      // This write is not flushed to disk: after a power cut, these commits are published again, which is
      // harmless (at-least-once).
      for (let from = 0; from < commits.length; from += MAX_COMMITS_PER_EVENT_LOOP_TURN)
        await database.write(() => markAll(commits.slice(from, from + MAX_COMMITS_PER_EVENT_LOOP_TURN)), {
          flushed: false,
        });
    },
    async backlog() {
      const oldest = database.prepare(SQL.oldest).get();
      const commits = Number(database.prepare(SQL.count).get()?.['commits']);
      return oldest === undefined ? { commits } : { commits, oldest: String(oldest['at']) };
    },
  });
}
