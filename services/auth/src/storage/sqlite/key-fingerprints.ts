import { type Database, guardSqlite } from '@latchkey/sqlite';
import type { KeyFingerprints } from '../../ports/key-fingerprints.ts';

const SQL = {
  find: 'SELECT fingerprint FROM journal_fingerprint WHERE name = :name',
  remember: 'INSERT INTO journal_fingerprint VALUES (:name, :fingerprint) ON CONFLICT DO NOTHING',
} as const;

/** Key fingerprints in the embedded store. */
export function createSqliteKeyFingerprints(database: Database): KeyFingerprints {
  function differs([name, fingerprint]: readonly [name: string, fingerprint: string]): boolean {
    const known = database.prepare(SQL.find).get({ name });
    return known !== undefined && known['fingerprint'] !== fingerprint;
  }

  return guardSqlite<KeyFingerprints>({
    check: (given) =>
      database.write(() => {
        const entries = Object.entries(given);
        const others = entries.filter(differs).map(([name]) => name);
        if (others.length > 0) return others;
        for (const [name, fingerprint] of entries) database.prepare(SQL.remember).run({ name, fingerprint });
        return [];
      }),
  });
}
