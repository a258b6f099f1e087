import { type Database, guardSqlite, type Row } from '@latchkey/sqlite';
import type { JournalPages, LyingCommit, OverLease } from '../../ports/verifying.ts';
import { orUnreadable, readStoredEvents } from '../stored-events.ts';
import { headOf } from './commits.ts';
import { schema } from './schema.ts';

const PAGE = 500;

const SQL = {
  page: `SELECT * FROM journal_commit WHERE (stream, number) > (?, ?) ORDER BY stream, number LIMIT ${PAGE}`,
  ofStream: 'SELECT * FROM journal_commit WHERE stream = ? ORDER BY number',
  jobs: 'SELECT name, until FROM lease WHERE until < ? LIMIT 1000',
  requests:
    'SELECT id, leased_until AS until FROM request WHERE leased_until < ? AND owner IS NOT NULL LIMIT 1000',
} as const;

/** The journal in the embedded store, to be read through, also beside the server that writes it. */
export function createSqliteJournalPages(database: Database): JournalPages {
  database.migrate(schema);
  function rows(sql: string, ...values: readonly (string | number)[]): readonly Row[] {
    return database.prepare(sql).all(...values);
  }

  const { page, ...others } = guardSqlite({
    page: async (stream: string, number: number) => rows(SQL.page, stream, number).map(lyingOf),
    ofStream: async (stream: string) => rows(SQL.ofStream, stream).map(lyingOf),
    leasesOver: async (before: Date) => [
      ...rows(SQL.jobs, before.getTime()).map(({ name, until }) => over('job', name, until)),
      ...rows(SQL.requests, before.getTime()).map(({ id, until }) => over('request', id, until)),
    ],
  });

  return {
    ...others,
    async *pages() {
      let last: Pick<LyingCommit, 'stream' | 'number'> | undefined = { stream: '', number: 0 };
      do {
        const read: readonly LyingCommit[] = await page(last.stream, last.number);
        if (read.length > 0) yield read;
        last = read.at(-1);
      } while (last !== undefined);
    },
  };
}

type Value = Row[string] | undefined;

function over(of: OverLease['of'], name: Value, until: Value): OverLease {
  return {
    of,
    name: String(name),
    endedAt: new Date(Number(until)),
  };
}

function lyingOf(row: Row): LyingCommit {
  const head = headOf(row);
  return {
    ...head,
    published: row['unpublished'] === null,
    events: orUnreadable(() => readStoredEvents(head.stream, head.number, String(row['events']))),
  };
}
