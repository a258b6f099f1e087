import type { HeldLease, LeaseRecords } from '@latchkey/store';
import type { Database } from './database.ts';
import { mapSqliteErrors } from './guard.ts';

/**
 * Stores leases in a table of the embedded store, which a server and ops commands may use at the same time.
 * The columns of the table are `name TEXT PRIMARY KEY, holder TEXT, until INTEGER`.
 */
export function createSqliteLeaseRecords(
  { prepare, write }: Database,
  table: string,
): LeaseRecords & {
  /**
   * Releases all leases; called when a server starts. Releasing them is safe because a data folder has only
   * one server at a time, so the process that held the leases has ended.
   */
  reclaim(): Promise<void>;
} {
  const find = `SELECT holder, until FROM ${table} WHERE name = :name`;
  const insert = `INSERT INTO ${table} (name, holder, until) VALUES (:name, :holder, :until) ON CONFLICT DO NOTHING`;
  const replace = `UPDATE ${table} SET holder = :nextHolder, until = :nextUntil
    WHERE name = :name AND holder = :holder AND until = :until`;
  const remove = `DELETE FROM ${table} WHERE name = :name AND holder = :holder`;

  function change(sql: string, values: Readonly<Record<string, string | number>>): Promise<boolean> {
    return write(() => prepare(sql).run(values).changes === 1);
  }

  return mapSqliteErrors({
    async find(name) {
      const row = prepare(find).get({ name });
      return row && { name, holder: String(row['holder']), until: new Date(Number(row['until'])) };
    },
    insert: (lease) => change(insert, rowOf(lease)),
    replace: (before, { holder: nextHolder, until: nextUntil }) =>
      change(replace, { ...rowOf(before), nextHolder, nextUntil: nextUntil.getTime() }),
    remove: async (name, holder) => void (await change(remove, { name, holder })),
    reclaim: () => write(() => void prepare(`DELETE FROM ${table}`).run()),
  });
}

function rowOf({ name, holder, until }: HeldLease) {
  return { name, holder, until: until.getTime() };
}
