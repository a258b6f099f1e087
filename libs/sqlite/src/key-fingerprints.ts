import {
  formatKeyUses,
  type KeyFingerprintStore,
  type MoveSource,
  parseKeyUses,
  removeKeyUse,
  type StoredKeyUses,
  updateKeyUsesAtStartup,
} from '@latchkey/store';
import type { Database } from './database.ts';
import { mapSqliteErrors } from './guard.ts';
import { createSqliteRowMoveSource } from './row-source.ts';

function sqlOf(table: string) {
  return {
    all: `SELECT name, fingerprint FROM ${table}`,
    find: `SELECT fingerprint FROM ${table} WHERE name = :name`,
    remember: `INSERT INTO ${table} VALUES (:name, :fingerprint)
      ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint`,
    forget: `DELETE FROM ${table} WHERE name = :name`,
  } as const;
}

/**
 * Stores key fingerprints in the embedded store.
 * @param table the name of the table. Its columns are `name`, the primary key, and `fingerprint`
 */
export function createSqliteKeyFingerprintStore(database: Database, table: string): KeyFingerprintStore {
  const SQL = sqlOf(table);

  function stored(name: string): string | undefined {
    const row = database.prepare(SQL.find).get({ name });
    return row && String(row['fingerprint']);
  }

  return mapSqliteErrors<KeyFingerprintStore>({
    check: (given, now) =>
      database.write(() => {
        const next = Object.entries(given).map(
          ([name, keys]) => [name, updateKeyUsesAtStartup(stored(name), keys, now)] as const,
        );
        const lacking = next.filter(([, uses]) => uses === undefined).map(([name]) => name);
        if (lacking.length > 0) return lacking;
        for (const [name, fingerprint = ''] of next)
          database.prepare(SQL.remember).run({ name, fingerprint });
        return [];
      }),
    async list() {
      const rows = database.prepare(SQL.all).all();
      return Object.fromEntries(
        rows.map((row) => [String(row['name']), parseKeyUses(String(row['fingerprint']))]),
      );
    },
    forget: (name, key, seen) =>
      database.write(() => {
        if ((stored(name) ?? '') !== formatKeyUses(seen)) return false;
        const fingerprint = removeKeyUse(seen, key);
        if (fingerprint === undefined) database.prepare(SQL.forget).run({ name });
        else database.prepare(SQL.remember).run({ name, fingerprint });
        return true;
      }),
  });
}

/**
 * Returns a source of the stored key fingerprints, for `ops move`.
 * @param table as for `createSqliteKeyFingerprintStore`
 */
export function createSqliteKeyFingerprintMoveSource(
  database: Database,
  table: string,
): MoveSource<StoredKeyUses> {
  return createSqliteRowMoveSource(database, {
    count: `SELECT count(*) AS items FROM ${table}`,
    page: `SELECT name, fingerprint FROM ${table} WHERE name > :after ORDER BY name LIMIT :limit`,
    key: ['name', ''],
    read: (row) => ({ setting: String(row['name']), uses: parseKeyUses(String(row['fingerprint'])) }),
  });
}
