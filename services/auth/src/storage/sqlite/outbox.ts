import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import { type Commit, UnreadableCommit } from '../../ports/journal.ts';
import {
  type CommitKey,
  MAX_COUNTED_UNPUBLISHED_COMMITS,
  type Outbox,
  type TimeSpan,
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
    ORDER BY unpublished, rowid LIMIT ${STAMPS_PER_TURN}`,
  markPublished: 'UPDATE journal_commit SET unpublished = NULL WHERE stream = :stream AND number = :number',
  count: `SELECT count(*) AS commits FROM (SELECT 1 FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL LIMIT ${MAX_COUNTED_UNPUBLISHED_COMMITS})`,
  oldest: `SELECT at FROM journal_commit INDEXED BY journal_unpublished_by_time
    WHERE unpublished IS NOT NULL ORDER BY unpublished, rowid LIMIT 1`,
} as const;

/** The latest time that a Date can represent, in ms since the epoch. */
const LATEST_MS = 8.64e15;
const NEVER = new Date(LATEST_MS);
const NOTHING_RECENT: TimeSpan = { from: NEVER, to: NEVER };
const LAST_ROW = 9_223_372_036_854_775_807n;

/** A place in the index on the times of unpublished commits. */
interface Stamp {
  readonly at: number;
  readonly row: number | bigint;
}

/** The outbox in the embedded store: commits whose column `unpublished` is set. */
export function createSqliteOutbox(database: Database): Outbox {
  /**
   * Adds streams with unpublished commits to `streams` until the set has `limit` elements. Lets other work
   * run after every 1,000 commits, because many commits may belong to one stream.
   * @param after the place in the index after which to begin
   * @param before commits with this time or a later one are ignored; in ms since the epoch
   */
  async function addStreams(
    streams: Set<string>,
    { after, before }: { readonly after: Stamp; readonly before: number },
    limit: number,
  ): Promise<void> {
    let last: Stamp | undefined = after;
    while (last !== undefined) {
      const rows: readonly SqliteRow[] = database.prepare(SQL.stamped).all({ ...last, before });
      for (const { stream } of rows) {
        if (streams.size >= limit) return;
        streams.add(String(stream));
      }
      last = rows.length === STAMPS_PER_TURN ? rows.slice(-1).map(toStamp)[0] : undefined;
      if (last !== undefined) await nextTurn();
    }
  }

  async function waiting(recent: TimeSpan, limit: number): Promise<readonly string[]> {
    const [from, to] = [recent.from.getTime(), recent.to.getTime()];
    // Look for commits with a time in the future first: a long search for old commits would take many turns, and
    // commits that are appended meanwhile are later than `to`.
    const future = new Set<string>();
    await addStreams(future, { after: { at: to, row: LAST_ROW }, before: LATEST_MS }, limit);
    const old = new Set<string>();
    await addStreams(old, { after: { at: -LATEST_MS, row: 0 }, before: from }, limit);
    return [...old.union(future)].slice(0, limit);
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
    waiting: ({ recent = NOTHING_RECENT, limit }) => waiting(recent, limit),
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

function toStamp({ unpublished, row }: SqliteRow): Stamp {
  return { at: Number(unpublished), row: Number(row) };
}
