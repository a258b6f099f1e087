import type { ClockReadingStore } from '@latchkey/store';
import type { Database } from './database.ts';
import { mapSqliteErrors } from './guard.ts';
import type { SqliteSchema } from './migrations.ts';

const schema: SqliteSchema = {
  owner: 'clock',
  migrations: [
    `CREATE TABLE clock_reading (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      at INTEGER NOT NULL,
      held_ms INTEGER NOT NULL,
      gap_ms INTEGER NOT NULL
    ) STRICT`,
  ],
};

const SQL = {
  last: 'SELECT at, held_ms, gap_ms FROM clock_reading',
  note: `INSERT INTO clock_reading (id, at, held_ms, gap_ms) VALUES (1, :at, :heldMs, :gapMs)
    ON CONFLICT DO UPDATE SET at = excluded.at, held_ms = excluded.held_ms, gap_ms = excluded.gap_ms`,
} as const;

/**
 * Stores readings of the clock in the embedded store. The first call creates the table, so only a server may
 * call this function.
 */
export function createSqliteClockReadingStore(database: Database): ClockReadingStore {
  return mapSqliteErrors<ClockReadingStore>({
    async last() {
      database.migrate(schema);
      const row = database.prepare(SQL.last).get();
      if (row === undefined) return undefined;
      return {
        at: new Date(Number(row['at'])),
        heldMs: Number(row['held_ms']),
        gapMs: Number(row['gap_ms']),
      };
    },
    async note({ at, heldMs, gapMs }) {
      database.migrate(schema);
      const values = { at: at.getTime(), heldMs: Math.round(heldMs), gapMs: Math.round(gapMs) };
      await database.write(() => void database.prepare(SQL.note).run(values), { flushed: false });
    },
  });
}
