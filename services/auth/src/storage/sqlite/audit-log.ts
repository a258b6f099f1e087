import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import type { AuditEntry, AuditLog } from '../../ports/audit-log.ts';

const SQL = {
  add: `INSERT INTO audit_entry (id, account, time, kept, headers, value, unpublished)
    VALUES (:id, :account, :time, :kept, :headers, :value, 1) ON CONFLICT DO NOTHING`,
  unpublished: 'SELECT * FROM audit_entry WHERE unpublished = 1 ORDER BY id LIMIT :limit',
  backlog: `SELECT count(*) AS entries FROM
    (SELECT 1 FROM audit_entry WHERE unpublished = 1 ORDER BY id LIMIT :limit)`,
  keep: 'UPDATE audit_entry SET unpublished = 0 WHERE id = :id',
  remove: 'DELETE FROM audit_entry WHERE id = :id',
  ofAccount: `SELECT * FROM audit_entry WHERE kept = 1 AND account = :account AND id > :after
    ORDER BY id LIMIT :limit`,
  removeBefore: `DELETE FROM audit_entry WHERE id IN
    (SELECT id FROM audit_entry WHERE time < :instant ORDER BY time LIMIT :limit)`,
} as const;

/** The audit log in the embedded store. */
export function createSqliteAuditLog(database: Database): AuditLog {
  return mapSqliteErrors<AuditLog>({
    // Do not flush this write to disk. That would hardly help: a power cut also loses the security events
    // that are still queued in memory.
    add: (entries) =>
      database.write(
        () => {
          const insert = database.prepare(SQL.add);
          for (const { account, kept, headers, ...entry } of entries)
            insert.run({
              ...entry,
              account: account ?? null,
              kept: kept ? 1 : 0,
              headers: JSON.stringify(headers),
            });
        },
        { flushed: false },
      ),

    unpublished: async (limit) => database.prepare(SQL.unpublished).all({ limit }).map(entryOf),

    backlog: async (limit) => Number(database.prepare(SQL.backlog).get({ limit })?.['entries']),

    // This write is not flushed to disk: after a power cut, the same entries are published again, which is
    // harmless.
    markPublished: (entries) =>
      database.write(
        () => {
          for (const { id, kept } of entries) database.prepare(kept ? SQL.keep : SQL.remove).run({ id });
        },
        { flushed: false },
      ),

    ofAccount: async (account, { after = '', limit }) =>
      database.prepare(SQL.ofAccount).all({ account, after, limit }).map(entryOf),

    removeBefore: (instant, limit) =>
      database.write(() =>
        Number(database.prepare(SQL.removeBefore).run({ instant: instant.toISOString(), limit }).changes),
      ),
  });
}

function entryOf(row: SqliteRow): AuditEntry {
  return {
    id: String(row['id']),
    ...(row['account'] === null ? {} : { account: String(row['account']) }),
    time: String(row['time']),
    kept: row['kept'] === 1,
    headers: JSON.parse(String(row['headers'])),
    value: String(row['value']),
  };
}
