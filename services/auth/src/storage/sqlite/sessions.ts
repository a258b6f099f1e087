import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import type { Session, SessionStore } from '../../ports/sessions.ts';

const SQL = {
  create: `INSERT INTO session
    VALUES (:id, :userId, :n, :createdAt, :rotatedAt, :expiresAt, :since, :ip, :userAgent, :key, :repeatedN, :inARow)`,
  find: 'SELECT * FROM session WHERE id = :id',
  rotate: `UPDATE session SET n = n + 1, rotated_at = :at, expires_at = :expiresAt, ip = :ip, user_agent = :userAgent,
    key = :key
    WHERE id = :id AND n = :n AND expires_at > :at RETURNING *`,
  setRepeats: 'UPDATE session SET repeated_n = :n, repeats_in_a_row = :inARow WHERE id = :id AND n = :n',
  liftSince: 'UPDATE session SET since = max(since, :since) WHERE id = :id',
  list: `SELECT * FROM session WHERE user_id = :userId AND expires_at > :now
    AND (created_at, id) < (:createdAt, :id) ORDER BY created_at DESC, id DESC LIMIT :limit`,
  removeOldest: `DELETE FROM session WHERE rowid IN
    (SELECT rowid FROM session WHERE user_id = :userId ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET :keep)`,
  countByKey: 'SELECT key, count(*) AS sessions FROM session WHERE expires_at > :now GROUP BY key',
  remove: 'DELETE FROM session WHERE id = :id AND user_id = :userId',
  removeAll: 'DELETE FROM session WHERE user_id = :userId',
  removeBefore: 'DELETE FROM session WHERE user_id = :userId AND since < :before',
  removeExpired: `DELETE FROM session WHERE rowid IN
    (SELECT rowid FROM session WHERE expires_at < :before ORDER BY expires_at LIMIT :limit)`,
} as const;

/** Sessions in the embedded store. */
export function createSqliteSessions(database: Database): SessionStore {
  /**
   * Runs a statement with parameters that changes rows.
   * @returns the number of changed rows
   */
  function change(sql: string, values: Readonly<Record<string, string | number | null>>): Promise<number> {
    return database.write(() => Number(database.prepare(sql).run(values).changes));
  }

  return mapSqliteErrors<SessionStore>({
    async create({ createdAt, rotatedAt, expiresAt, key = null, repeats, ...session }, { keep }) {
      const times = {
        createdAt: createdAt.getTime(),
        rotatedAt: rotatedAt.getTime(),
        expiresAt: expiresAt.getTime(),
      };
      const repeated = { repeatedN: repeats?.n ?? null, inARow: repeats?.inARow ?? null };
      await database.write(() => {
        database.prepare(SQL.create).run({ ...session, key, ...times, ...repeated });
        database.prepare(SQL.removeOldest).run({ userId: session.userId, keep });
      });
    },
    async find(id) {
      const row = database.prepare(SQL.find).get({ id });
      return row && sessionFromRow(row);
    },
    rotate: (id, n, { at, expiresAt, ip, userAgent, key = null }) =>
      database.write(() => {
        const times = { at: at.getTime(), expiresAt: expiresAt.getTime() };
        const row = database.prepare(SQL.rotate).get({ id, n, ...times, ip, userAgent, key });
        return row && sessionFromRow(row);
      }),
    setRepeats: async (id, { n, inARow }) => (await change(SQL.setRepeats, { id, n, inARow })) === 1,
    liftSince: async (id, since) => (await change(SQL.liftSince, { id, since })) === 1,
    async list(userId, now, { limit, after }) {
      const place = { createdAt: after?.createdAt.getTime() ?? Number.MAX_SAFE_INTEGER, id: after?.id ?? '' };
      return database
        .prepare(SQL.list)
        .all({ userId, now: now.getTime(), limit, ...place })
        .map(sessionFromRow);
    },
    remove: async (userId, id) => (await change(SQL.remove, { id, userId })) === 1,
    async removeAll(userId, { before } = {}) {
      if (before === undefined) await change(SQL.removeAll, { userId });
      else await change(SQL.removeBefore, { userId, before });
    },
    async countByKey(now) {
      const rows = database.prepare(SQL.countByKey).all({ now: now.getTime() });
      return new Map(
        rows.map((row) => [row['key'] === null ? undefined : String(row['key']), Number(row['sessions'])]),
      );
    },
    removeExpired: (before, limit) => change(SQL.removeExpired, { before: before.getTime(), limit }),
  });
}

export function sessionFromRow(row: SqliteRow): Session {
  return {
    id: String(row['id']),
    userId: String(row['user_id']),
    n: Number(row['n']),
    createdAt: instantOf(row['created_at']),
    rotatedAt: instantOf(row['rotated_at']),
    expiresAt: instantOf(row['expires_at']),
    since: Number(row['since']),
    ip: String(row['ip']),
    userAgent: String(row['user_agent']),
    ...(row['key'] !== null && { key: String(row['key']) }),
    ...(row['repeated_n'] !== null && {
      repeats: { n: Number(row['repeated_n']), inARow: Number(row['repeats_in_a_row']) },
    }),
  };
}

function instantOf(ms: SqliteRow[string] | undefined): Date {
  return new Date(Number(ms));
}
