import { type Database, guardSqlite } from '@latchkey/sqlite';
import { keyUsesAfter, keyUsesWithout, parseKeyUses } from '../../keys/key-uses.ts';
import type { KeyFingerprints } from '../../ports/key-fingerprints.ts';

const SQL = {
  all: 'SELECT name, fingerprint FROM journal_fingerprint',
  find: 'SELECT fingerprint FROM journal_fingerprint WHERE name = :name',
  remember: `INSERT INTO journal_fingerprint VALUES (:name, :fingerprint)
    ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint`,
  forget: 'DELETE FROM journal_fingerprint WHERE name = :name',
} as const;

/** Key fingerprints in the embedded store. */
export function createSqliteKeyFingerprints(database: Database): KeyFingerprints {
  function stored(name: string): string | undefined {
    const row = database.prepare(SQL.find).get({ name });
    return row && String(row['fingerprint']);
  }

  return guardSqlite<KeyFingerprints>({
    check: (given, now) =>
      database.write(() => {
        const next = Object.entries(given).map(
          ([name, keys]) => [name, keyUsesAfter(stored(name), keys, now)] as const,
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
    forget: (name, key) =>
      database.write(() => {
        const known = stored(name);
        const fingerprint = known && keyUsesWithout(known, key);
        if (fingerprint === undefined) database.prepare(SQL.forget).run({ name });
        else database.prepare(SQL.remember).run({ name, fingerprint });
      }),
  });
}
