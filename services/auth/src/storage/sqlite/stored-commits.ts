import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import { readAllPages } from '@latchkey/store';
import type { StoredCommit, StoredCommitReader } from '../../ports/stored-commits.ts';
import { parseStoredEvents, readOrReturnUnreadableCommit } from '../stored-events.ts';
import { commitHeaderFromRow } from './commits.ts';

const SQL = {
  page: `SELECT * FROM journal_commit WHERE (stream, number) > (:stream, :number)
    ORDER BY stream, number LIMIT 500`,
  ofStream: 'SELECT * FROM journal_commit WHERE stream = :stream ORDER BY number',
  expired: `SELECT * FROM (SELECT 'job' AS kind, name, until FROM lease WHERE until < :before LIMIT 1000)
    UNION ALL SELECT * FROM (SELECT 'request', id, leased_until FROM request
      WHERE leased_until < :before AND owner IS NOT NULL LIMIT 1000)`,
} as const;

/**
 * Read-only access to the journal in the embedded store, which can be used while a server writes to the
 * journal.
 */
export function createSqliteStoredCommits(database: Database): StoredCommitReader {
  function pageAfter({ stream, number }: Pick<StoredCommit, 'stream' | 'number'>): readonly StoredCommit[] {
    return database.prepare(SQL.page).all({ stream, number }).map(storedCommitOf);
  }

  return mapSqliteErrors<StoredCommitReader>({
    pages: () => readAllPages<StoredCommit>((last) => pageAfter(last ?? { stream: '', number: 0 })),
    ofStream: async (stream) => database.prepare(SQL.ofStream).all({ stream }).map(storedCommitOf),
    async expiredLeases(before) {
      const rows = database.prepare(SQL.expired).all({ before: before.getTime() });
      return rows.map(({ kind, name, until }) => ({
        of: kind === 'job' ? 'job' : 'request',
        name: String(name),
        endedAt: new Date(Number(until)),
      }));
    },
  });
}

function storedCommitOf(row: SqliteRow): StoredCommit {
  const head = commitHeaderFromRow(row);
  return {
    ...head,
    published: row['unpublished'] === null,
    events: readOrReturnUnreadableCommit(() =>
      parseStoredEvents(head.stream, head.number, String(row['events'])),
    ),
  };
}
