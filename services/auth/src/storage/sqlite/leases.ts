import { type Database, guardSqlite } from '@latchkey/sqlite';
import type { HeldLease, LeaseRecords } from '@latchkey/store';

const SQL = {
  find: 'SELECT holder, until FROM lease WHERE name = :name',
  insert: 'INSERT INTO lease (name, holder, until) VALUES (:name, :holder, :until) ON CONFLICT DO NOTHING',
  replace: `UPDATE lease SET holder = :nextHolder, until = :nextUntil
    WHERE name = :name AND holder = :holder AND until = :until`,
  remove: 'DELETE FROM lease WHERE name = :name AND holder = :holder',
  reclaim: 'DELETE FROM lease',
} as const;

/** Leases in the embedded store, between a server and the ops commands that run at the same time. */
export function createSqliteLeases(database: Database): LeaseRecords & {
  /** Releases all leases: a data folder has one server at a time, so a previous one is gone. */
  reclaim(): Promise<void>;
} {
  function change(sql: string, values: Readonly<Record<string, string | number>>): Promise<boolean> {
    return database.write(() => database.prepare(sql).run(values).changes === 1);
  }
  return guardSqlite({
    async find(name) {
      const row = database.prepare(SQL.find).get({ name });
      return row && { name, holder: String(row['holder']), until: new Date(Number(row['until'])) };
    },
    insert: (lease) => change(SQL.insert, rowOf(lease)),
    replace: (before, { holder: nextHolder, until: nextUntil }) =>
      change(SQL.replace, { ...rowOf(before), nextHolder, nextUntil: nextUntil.getTime() }),
    remove: async (name, holder) => void (await change(SQL.remove, { name, holder })),
    reclaim: () => database.write(() => void database.prepare(SQL.reclaim).run()),
  });
}

function rowOf({ name, holder, until }: HeldLease) {
  return { name, holder, until: until.getTime() };
}
