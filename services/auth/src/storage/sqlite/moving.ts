import type { Database, Row } from '@latchkey/sqlite';
import { pages, type Source } from '@latchkey/store';
import type { KeptCommit, OldHome } from '../../ports/moving.ts';
import { headOf, keysOf } from './commits.ts';
import { requestOf } from './requests.ts';
import { schema } from './schema.ts';
import { sessionOf } from './sessions.ts';

const BATCH = 500;

interface PagedQuery {
  /** Ordered by a key. Takes the key to begin after and the number of rows. */
  readonly sql: string;
  /** Sorts before every key. */
  readonly start: string | number;
  /** The column that holds the key. */
  readonly key: string;
}

function byRow(table: string) {
  return {
    sql: `SELECT rowid AS position, * FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ?`,
    start: 0,
    key: 'position',
  };
}

const COMMITS = byRow('journal_commit');
const SESSIONS = byRow('session');
const REQUESTS = {
  sql: 'SELECT * FROM request WHERE id > ? ORDER BY id LIMIT ?',
  start: '',
  key: 'id',
};

/** What auth keeps in the embedded store, to be read through. */
export function createSqliteOldHome(database: Database): OldHome {
  database.migrate(schema);

  function source<Item>(
    table: string,
    { sql, start, key }: PagedQuery,
    read: (row: Row) => Item,
  ): Source<Item> {
    const count = `SELECT count(*) AS items FROM ${table}`;
    return {
      count: async () => Number(database.prepare(count).get()?.['items']),
      async *batches() {
        const rows = pages<Row>((last) => database.prepare(sql).all(last?.[key] ?? start, BATCH));
        for await (const page of rows) yield page.map(read);
      },
    };
  }

  return {
    async fingerprints() {
      const rows = database.prepare('SELECT name, fingerprint FROM journal_fingerprint').all();
      return Object.fromEntries(rows.map((row) => [String(row['name']), String(row['fingerprint'])]));
    },
    requests: source('request', REQUESTS, requestOf),
    sessions: source('session', SESSIONS, sessionOf),
    commits: source('journal_commit', COMMITS, commitOf),
  };
}

function commitOf(row: Row): KeptCommit {
  return { ...headOf(row), ...keysOf(row), events: JSON.parse(String(row['events'])) };
}
