import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import type { IdempotencyKeyStore } from '../../ports/idempotency-keys.ts';
import { removeRowsInPages } from './remove-in-pages.ts';

const SQL = {
  bind: `INSERT INTO idempotency_key (id, digest, until) VALUES (:id, :digest, :until)
    ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, until = excluded.until WHERE until <= :now`,
  find: 'SELECT digest FROM idempotency_key WHERE id = :id',
  removeExpired: `DELETE FROM idempotency_key WHERE id IN
    (SELECT id FROM idempotency_key WHERE until <= :now ORDER BY until LIMIT :page)`,
} as const;

/** Idempotency keys in the embedded store. */
export function createSqliteIdempotencyKeys(database: Database): IdempotencyKeyStore {
  return mapSqliteErrors<IdempotencyKeyStore>({
    bind: ({ id, digest, now, until }) =>
      database.write(() => {
        database.prepare(SQL.bind).run({ id, digest, now: now.getTime(), until: until.getTime() });
        return database.prepare(SQL.find).get({ id })?.['digest'] === digest;
      }),
    // This write is not flushed to disk: if a power cut undoes the deletion, the next clean-up repeats it.
    removeExpired: (now) =>
      removeRowsInPages(database, SQL.removeExpired, { now: now.getTime() }, { flushed: false }),
  });
}
