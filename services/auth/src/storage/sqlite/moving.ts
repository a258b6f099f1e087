import type { Source } from '@latchkey/process';
import { type Database, type PagedQuery, pages, type Row } from '@latchkey/sqlite';
import type { KeptCommit, OldHome } from '../../ports/moving.ts';
import { createSqliteJournal } from './journal.ts';
import { createSqliteRequests, requestOf } from './requests.ts';
import { createSqliteSessions, sessionOf } from './sessions.ts';

const BATCH = 500;

function byRow(table: string) {
  return {
    sql: `SELECT rowid AS position, * FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ?`,
    start: 0,
    key: 'position',
    size: BATCH,
  };
}

const COMMITS = byRow('journal_commit');
const SESSIONS = byRow('session');
const REQUESTS = {
  sql: 'SELECT * FROM request WHERE id > ? ORDER BY id LIMIT ?',
  start: '',
  key: 'id',
  size: BATCH,
};

/** What auth keeps in the embedded store, to be read through. */
export function createSqliteOldHome(database: Database): OldHome {
  // A folder that an earlier build filled may lack a table.
  createSqliteJournal(database);
  createSqliteSessions(database);
  createSqliteRequests(database);

  function source<Item>(table: string, query: PagedQuery, read: (row: Row) => Item): Source<Item> {
    const count = `SELECT count(*) AS items FROM ${table}`;
    return {
      count: async () => Number(database.prepare(count).get()?.['items']),
      *batches() {
        for (const page of pages(database, query)) yield page.map(read);
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
  return {
    stream: String(row['stream']),
    number: Number(row['number']),
    sequence: Number(row['sequence']),
    events: JSON.parse(String(row['events'])),
    ...(row['claims'] === null ? {} : { claims: JSON.parse(String(row['claims'])) }),
    ...(row['address'] === null ? {} : { address: String(row['address']) }),
    commandId: String(row['command_id']),
    correlationId: String(row['correlation_id']),
    ...(row['traceparent'] === null ? {} : { traceparent: String(row['traceparent']) }),
    at: String(row['at']),
  };
}
