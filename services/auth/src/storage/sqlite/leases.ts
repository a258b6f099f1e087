import type { Database } from '@latchkey/sqlite';
import { guardSqlite } from '@latchkey/sqlite';
import type { Leases } from '@latchkey/store';

const TABLE = `
  CREATE TABLE IF NOT EXISTS lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

const TAKE = `
  INSERT INTO lease (name, holder, until) VALUES ($name, $holder, $until)
  ON CONFLICT DO UPDATE SET holder = excluded.holder, until = excluded.until
  WHERE holder = excluded.holder OR until <= $now`;

const RELEASE = 'DELETE FROM lease WHERE name = ? AND holder = ?';

const RECLAIM = 'DELETE FROM lease';

/** Leases in the embedded store: between a server and the ops commands beside it. */
export function createSqliteLeases(database: Database): Leases & {
  /** Voids what a former process held: a data folder has one server at a time, so that one is gone. */
  reclaim(): Promise<void>;
} {
  database.exec(TABLE);
  return guardSqlite({
    take: ({ name, holder, now, ms }) =>
      database.write(() => {
        const until = now.getTime() + ms;
        return database.prepare(TAKE).run({ name, holder, until, now: now.getTime() }).changes === 1;
      }),
    reclaim: () => database.write(() => void database.prepare(RECLAIM).run()),
    release: (name, holder) => database.write(() => void database.prepare(RELEASE).run(name, holder)),
  });
}
