import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import type { OpenRegistration, OpenRegistrationStore } from '../../ports/registrations.ts';

const SQL = {
  living: `SELECT stream, address, at FROM journal_commit INDEXED BY journal_living_by_address
    WHERE address = :address ORDER BY at DESC, stream DESC`,
  page: `SELECT stream, address, at FROM journal_commit INDEXED BY journal_living_by_time
    WHERE address IS NOT NULL AND (at, stream) > (:at, :stream) AND at <= :until ORDER BY at, stream LIMIT :limit`,
  settle: `UPDATE journal_commit INDEXED BY journal_living_by_stream SET address = NULL
    WHERE stream = :stream AND address IS NOT NULL`,
} as const;

/** The latest time whose year has four digits, so that its string sorts last. */
const FOREVER = new Date('9999-12-31T23:59:59.999Z');

/** The open registrations in the embedded store: commits whose column `address` is set. */
export function createSqliteRegistrations(database: Database): OpenRegistrationStore {
  return mapSqliteErrors<OpenRegistrationStore>({
    living: async (address) => database.prepare(SQL.living).all({ address }).map(registrationOf),
    page: async ({ after: { at, stream } = { at: '', stream: '' }, until = FOREVER, limit }) =>
      database.prepare(SQL.page).all({ at, stream, until: until.toISOString(), limit }).map(registrationOf),
    settle: (stream) => database.write(() => void database.prepare(SQL.settle).run({ stream })),
  });
}

function registrationOf(row: SqliteRow): OpenRegistration {
  return {
    stream: String(row['stream']),
    address: String(row['address']),
    at: String(row['at']),
  };
}
