import { type Database, guardSqlite, type Row } from '@latchkey/sqlite';
import { pages, type Source } from '@latchkey/store';
import type { MigrationSource, RawCommit } from '../../ports/migration.ts';
import { headOf, keysOf } from './commits.ts';
import { requestOf } from './requests.ts';
import { sessionOf } from './sessions.ts';

const BATCH = 500;

/** Auth's records in the embedded store, read in batches. */
export function createSqliteMigrationSource(database: Database): MigrationSource {
  /** @param key a unique column, by which the rows come; @param start sorts before every key */
  function source<Item>(
    { table, key, start }: { readonly table: string; readonly key: string; readonly start: string | number },
    read: (row: Row) => Item,
  ): Source<Item> {
    const count = `SELECT count(*) AS items FROM ${table}`;
    const page = `SELECT ${key} AS position, * FROM ${table} WHERE ${key} > :after ORDER BY ${key} LIMIT ${BATCH}`;
    function pageAfter(last: Row | undefined) {
      return database.prepare(page).all({ after: last?.['position'] ?? start });
    }
    return guardSqlite<Source<Item>>({
      count: async () => Number(database.prepare(count).get()?.['items']),
      async *batches() {
        for await (const rows of pages<Row>(pageAfter)) yield rows.map(read);
      },
    });
  }

  return {
    async fingerprints() {
      const rows = database.prepare('SELECT name, fingerprint FROM journal_fingerprint').all();
      return Object.fromEntries(rows.map((row) => [String(row['name']), String(row['fingerprint'])]));
    },
    requests: source({ table: 'request', key: 'id', start: '' }, requestOf),
    sessions: source({ table: 'session', key: 'rowid', start: 0 }, sessionOf),
    commits: source({ table: 'journal_commit', key: 'rowid', start: 0 }, rawCommitOf),
  };
}

function rawCommitOf(row: Row): RawCommit {
  return { ...headOf(row), ...keysOf(row), events: JSON.parse(String(row['events'])) };
}
