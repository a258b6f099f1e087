import type { Database } from '@latchkey/sqlite';
import { guardSqlite } from '@latchkey/sqlite';
import type { Requests, WrittenRequest } from '../../ports/requests.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('password-reset', 'verification')),
    address TEXT NOT NULL,
    at TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    traceparent TEXT,
    owner TEXT,
    leased_until INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID`;

const SQL = {
  // Repeated after a lost answer: written down once.
  add: `INSERT INTO request (id, kind, address, at, correlation_id, traceparent) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING`,
  // Ids are UUIDv7: their order is that of time.
  claim: `UPDATE request SET owner = $owner, leased_until = $until
    WHERE id IN (SELECT id FROM request WHERE leased_until <= $now ORDER BY id LIMIT $limit)
    RETURNING *`,
  done: 'DELETE FROM request WHERE id = ? AND owner = ?',
  reclaim: 'UPDATE request SET owner = NULL, leased_until = 0 WHERE owner IS NOT NULL',
  count: 'SELECT count(*) AS requests FROM request',
} as const;

/** Written-down requests in the embedded store. The table holds only what waits, so it stays small. */
export function createSqliteRequests(database: Database): Requests & {
  /** Voids what a former process held: a data folder has one server at a time, so that one is gone. */
  reclaim(): Promise<void>;
} {
  database.exec(TABLE);
  return guardSqlite({
    add: ({ id, kind, address, at, correlationId, traceparent }) =>
      database.write(
        () => void database.prepare(SQL.add).run(id, kind, address, at, correlationId, traceparent ?? null),
      ),
    claim: ({ owner, now, leaseMs, limit }) =>
      database.write(() => {
        const until = now.getTime() + leaseMs;
        const rows = database.prepare(SQL.claim).all({ owner, until, now: now.getTime(), limit });
        return rows.map(requestOf).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      }),
    done: (id, owner) => database.write(() => void database.prepare(SQL.done).run(id, owner)),
    reclaim: () => database.write(() => void database.prepare(SQL.reclaim).run()),
    count: async () => Number(database.prepare(SQL.count).get()?.['requests']),
  });
}

export function requestOf(row: Record<string, unknown>): WrittenRequest {
  return {
    id: String(row['id']),
    kind: row['kind'] === 'verification' ? 'verification' : 'password-reset',
    address: String(row['address']),
    at: String(row['at']),
    correlationId: String(row['correlation_id']),
    ...(row['traceparent'] === null ? {} : { traceparent: String(row['traceparent']) }),
  };
}
