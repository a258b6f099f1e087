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
import { COMMITS_PER_TURN, readCommitsInSteps } from './commit-pages.ts';
import { commitFromRow } from './commits.ts';

/** How many entries of the index on times are read in one turn of the event loop, which takes about 2 ms. */
const STAMPS_PER_TURN = 1000;

const SQL = {
  unpublished: `SELECT * FROM journal_commit INDEXED BY journal_unpublished_by_stream
    WHERE stream = :stream AND number > :after AND unpublished IS NOT NULL ORDER BY number LIMIT :limit`,
  stamped: `SELECT stream, unpublished, rowid AS "row" FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE (unpublished, rowid) > (:at, :row) AND unpublished < :before
    ORDER BY unpublished, rowid LIMIT :limit`,
  markPublished: 'UPDATE journal_commit SET unpublished = NULL WHERE stream = :stream AND number = :number',
  count: `SELECT count(*) AS commits FROM (SELECT 1 FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL LIMIT ${MAX_COUNTED_UNPUBLISHED_COMMITS})`,
  oldest: `SELECT at FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL ORDER BY unpublished, rowid LIMIT 1`,
} as const;

/** The latest time that a Date can represent, in ms since the epoch. */
const LATEST_MS = 8.64e15;
const LAST_ROW = 9_223_372_036_854_775_807n;

/** A place in the index on the times of unpublished commits. */
interface Stamp {
  readonly at: number;
  readonly row: number | bigint;
}

/** The outbox in the embedded store: commits whose column `unpublished` is set. */
export function createSqliteOutbox(database: Database): Outbox {
  /**
   * Reads `limit` unpublished commits, and all further ones with the time of the last. Lets other work run after
   * every 1,000 commits.
   * @param after the place in the index after which to begin
   * @param before commits with this time or a later one are ignored; in ms since the epoch
   */
  async function readPage(
    { after, before }: { readonly after: Stamp; readonly before: number },
    limit: number,
  ): Promise<OutboxPage> {
    const streams = new Set<string>();
    let [read, last] = [0, after];
    function pageOf(hasMore: boolean): OutboxPage {
      return { streams: [...streams], ...(read > 0 && { last: new Date(last.at) }), hasMore };
    }
    for (;;) {
      // Read the commit after the page, too, which tells whether there are more.
      const asked = Math.min(STAMPS_PER_TURN, Math.max(limit - read, 0) + 1);
      const rows: readonly SqliteRow[] = database.prepare(SQL.stamped).all({ ...last, before, limit: asked });
      for (const row of rows) {
        const stamp = toStamp(row);
        if (read >= limit && stamp.at !== last.at) return pageOf(true);
        streams.add(String(row['stream']));
        [read, last] = [read + 1, stamp];
      }
      if (rows.length < asked) return pageOf(false);
      if (asked === STAMPS_PER_TURN) await nextTurn();
    }
  }

  async function waiting({ recent, after, limit }: OutboxPageRequest): Promise<OutboxPage> {
    // Look for commits with a time in the future first: a long search for old commits would take many turns, and
    // commits that are appended meanwhile are later than `to`.
    const future =
      recent === undefined || after !== undefined
        ? []
        : (await readPage({ after: endOf(recent.to), before: LATEST_MS }, limit)).streams;
    const page = await readPage(
      {
        after: after === undefined ? { at: -LATEST_MS, row: 0 } : endOf(after),
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
        if (read < COMMITS_PER_TURN) continue;
        await nextTurn();
        read = 0;
      }
      return byStream;
    },
    waiting,
    async markPublished(commits) {
      // This write is not flushed to disk: after a power cut, these commits are published again, which is
      // harmless (at-least-once).
      for (let from = 0; from < commits.length; from += COMMITS_PER_TURN)
        await database.write(() => markAll(commits.slice(from, from + COMMITS_PER_TURN)), { flushed: false });
    },
    async backlog() {
      const oldest = database.prepare(SQL.oldest).get();
      const commits = Number(database.prepare(SQL.count).get()?.['commits']);
      return oldest === undefined ? { commits } : { commits, oldest: String(oldest['at']) };
    },
  });
}

/** Returns the place after all commits with this time. */
function endOf(time: Date): Stamp {
  return { at: time.getTime(), row: LAST_ROW };
}

function toStamp({ unpublished, row }: SqliteRow): Stamp {
  return { at: Number(unpublished), row: Number(row) };
}
