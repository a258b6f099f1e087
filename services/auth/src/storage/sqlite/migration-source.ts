import { createSqliteRowMoveSource, type Database, type SqliteRow } from '@latchkey/sqlite';
import type { MigrationSource, RawCommit } from '../../ports/migration.ts';
import { commitHeaderFromRow, lookupKeysFromRow } from './commits.ts';
import { erasureFromRow } from './erasure-receipts.ts';
import { requestFromRow } from './requests.ts';
import { sessionFromRow } from './sessions.ts';

const BY_ROWID = ['rowid', 0] as const;

function byRowid(table: string) {
  return {
    count: `SELECT count(*) AS items FROM ${table}`,
    page: `SELECT rowid, * FROM ${table} WHERE rowid > :after ORDER BY rowid LIMIT :limit`,
    key: BY_ROWID,
  };
}

const REQUESTS = {
  count: 'SELECT count(*) AS items FROM request',
  page: 'SELECT * FROM request WHERE id > :after ORDER BY id LIMIT :limit',
  key: ['id', ''],
} as const;

const ERASURES = {
  count: 'SELECT count(*) AS items FROM erasure',
  page: 'SELECT * FROM erasure WHERE account > :after ORDER BY account LIMIT :limit',
  key: ['account', ''],
} as const;

/** Creates the source for `ops move` that reads auth's records from the embedded store. */
export function createSqliteMigrationSource(database: Database): MigrationSource {
  return {
    async fingerprints() {
      const rows = database.prepare('SELECT name, fingerprint FROM journal_fingerprint').all();
      return Object.fromEntries(rows.map((row) => [String(row['name']), String(row['fingerprint'])]));
    },
    requests: createSqliteRowMoveSource(database, { ...REQUESTS, read: requestFromRow }),
    sessions: createSqliteRowMoveSource(database, { ...byRowid('session'), read: sessionFromRow }),
    erasures: createSqliteRowMoveSource(database, { ...ERASURES, read: erasureFromRow }),
    commits: createSqliteRowMoveSource(database, { ...byRowid('journal_commit'), read: rawCommitOf }),
  };
}

function rawCommitOf(row: SqliteRow): RawCommit {
  return {
    ...commitHeaderFromRow(row),
    ...lookupKeysFromRow(row),
    events: JSON.parse(String(row['events'])),
  };
}
