import { type Database, guardSqlite } from '@latchkey/sqlite';
import type { Leases } from '@latchkey/store';

const SQL = {
  take: `INSERT INTO lease (name, holder, until) VALUES (:name, :holder, :until)
    ON CONFLICT DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE holder = excluded.holder OR until <= :now`,
  release: 'DELETE FROM lease WHERE name = :name AND holder = :holder',
  reclaim: 'DELETE FROM lease',
} as const;

/** Leases in the embedded store, between a server and the ops commands that run at the same time. */
export function createSqliteLeases(database: Database): Leases & {
  /** Releases all leases: a data folder has one server at a time, so a former one is gone. */
  reclaim(): Promise<void>;
} {
  return guardSqlite({
    take: ({ name, holder, now, ms }) =>
      database.write(() => {
        const times = { until: now.getTime() + ms, now: now.getTime() };
        return database.prepare(SQL.take).run({ name, holder, ...times }).changes === 1;
      }),
    release: (name, holder) => database.write(() => void database.prepare(SQL.release).run({ name, holder })),
    reclaim: () => database.write(() => void database.prepare(SQL.reclaim).run()),
  });
}
