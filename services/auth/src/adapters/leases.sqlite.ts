import type { Database } from '@latchkey/sqlite';
import type { Leases } from '../ports/leases.ts';

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

/** Leases in the embedded store: between a server and the ops commands beside it. */
export function createSqliteLeases(database: Database): Leases {
  database.exec(TABLE);
  return {
    take: ({ name, holder, now, ms }) =>
      database.write(() => {
        const until = now.getTime() + ms;
        return database.prepare(TAKE).run({ name, holder, until, now: now.getTime() }).changes === 1;
      }),
    release: (name, holder) => database.write(() => void database.prepare(RELEASE).run(name, holder)),
  };
}
