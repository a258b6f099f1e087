import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import type { HeldLease } from '@latchkey/store';
import {
  MAX_LISTED_MAIL_REQUEST_LEASES,
  type MailRequestQueue,
  type QueuedMailRequest,
} from '../../ports/requests.ts';

const SQL = {
  // The statement is idempotent, because `add` may be retried after a lost response.
  add: `INSERT INTO request (id, kind, address, at, correlation_id, traceparent, over_budget)
    VALUES (:id, :kind, :address, :at, :correlationId, :traceparent, :overBudget) ON CONFLICT DO NOTHING`,
  // Lease the oldest requests first. Almost all ids are UUIDv7, which sort by time.
  claim: `UPDATE request SET owner = :owner, leased_until = :until
    WHERE id IN (SELECT id FROM request WHERE owner IS NULL ORDER BY id LIMIT :limit)
    RETURNING *`,
  held: `SELECT id, owner, leased_until FROM request WHERE owner IS NOT NULL ORDER BY id LIMIT ${MAX_LISTED_MAIL_REQUEST_LEASES}`,
  free: `UPDATE request SET owner = NULL, leased_until = 0
    WHERE id = :name AND owner = :holder AND leased_until = :until`,
  done: 'DELETE FROM request WHERE id = :id AND owner = :owner',
  reclaim: 'UPDATE request SET owner = NULL, leased_until = 0 WHERE owner IS NOT NULL',
  count: 'SELECT count(*) AS requests FROM request',
} as const;

/**
 * The queue of recorded requests in the embedded store. Processed requests are deleted, so the table stays
 * small.
 */
export function createSqliteRequestQueue(database: Database): MailRequestQueue & {
  /**
   * Releases all leases of recorded requests. Only one server uses a data folder at a time, so the leases
   * belong to a server that has ended.
   */
  reclaim(): Promise<void>;
} {
  return mapSqliteErrors({
    add: ({ traceparent, overBudget, ...request }) =>
      database.write(() => {
        const columns = { ...request, traceparent: traceparent ?? null, overBudget: overBudget ? 1 : 0 };
        return database.prepare(SQL.add).run(columns).changes > 0;
      }),
    claim: ({ owner, now, leaseMs, limit }) =>
      database.write(() => {
        const until = now.getTime() + leaseMs;
        const rows = database.prepare(SQL.claim).all({ owner, until, limit });
        return rows.map(requestFromRow).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      }),
    held: async () => database.prepare(SQL.held).all().map(leaseOf),
    free: ({ name, holder, until }) =>
      database.write(() => void database.prepare(SQL.free).run({ name, holder, until: until.getTime() })),
    done: (id, owner) => database.write(() => void database.prepare(SQL.done).run({ id, owner })),
    count: async () => Number(database.prepare(SQL.count).get()?.['requests']),
    reclaim: () => database.write(() => void database.prepare(SQL.reclaim).run()),
  });
}

function leaseOf(row: SqliteRow): HeldLease {
  return {
    name: String(row['id']),
    holder: String(row['owner']),
    until: new Date(Number(row['leased_until'])),
  };
}

function kindOf({ kind }: SqliteRow): QueuedMailRequest['kind'] {
  return kind === 'verification' || kind === 'lockout' ? kind : 'password-reset';
}

export function requestFromRow(row: SqliteRow): QueuedMailRequest {
  return {
    id: String(row['id']),
    kind: kindOf(row),
    address: String(row['address']),
    at: String(row['at']),
    correlationId: String(row['correlation_id']),
    ...(row['over_budget'] === 1 && { overBudget: true as const }),
    ...(row['traceparent'] === null ? {} : { traceparent: String(row['traceparent']) }),
  };
}
