import type { Database } from '@latchkey/sqlite';
import { guardSqlite } from '@latchkey/sqlite';
import type { Session, Sessions } from '../../ports/sessions.ts';

/** Instants are kept as ms since the epoch. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS session_by_user ON session (user_id, created_at, id);
  CREATE INDEX IF NOT EXISTS session_by_expiry ON session (expires_at)`;

const SQL = {
  create: 'INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  find: 'SELECT * FROM session WHERE id = ?',
  rotate: `UPDATE session SET n = n + 1, rotated_at = $at, ip = $ip, user_agent = $userAgent
    WHERE id = $id AND n = $n AND expires_at > $at RETURNING *`,
  liftSince: 'UPDATE session SET since = max(since, ?) WHERE id = ?',
  list: 'SELECT * FROM session WHERE user_id = ? AND expires_at > ? ORDER BY created_at DESC, id DESC',
  remove: 'DELETE FROM session WHERE id = ? AND user_id = ?',
  removeAll: 'DELETE FROM session WHERE user_id = ?',
  removeOthers: 'DELETE FROM session WHERE user_id = ? AND id <> ?',
  removeExpired: `DELETE FROM session WHERE rowid IN
    (SELECT rowid FROM session WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
} as const;

/** Sessions in the embedded store. */
export function createSqliteSessions(database: Database): Sessions {
  database.exec(TABLE);
  type Values = readonly (string | number)[];
  /** How many rows a statement changed. */
  function changes(sql: string, ...values: Values) {
    return database.write(() => Number(database.prepare(sql).run(...values).changes));
  }

  return guardSqlite({
    async create(session) {
      await changes(SQL.create, ...columnsOf(session));
    },
    async find(id) {
      const row = database.prepare(SQL.find).get(id);
      return row === undefined ? undefined : sessionOf(row);
    },
    rotate: (id, n, { at, ip, userAgent }) =>
      database.write(() => {
        const use = { id, n, at: at.getTime(), ip, userAgent };
        const row = database.prepare(SQL.rotate).get(use);
        return row === undefined ? undefined : sessionOf(row);
      }),
    liftSince: async (id, since) => (await changes(SQL.liftSince, since, id)) === 1,
    list: async (userId, now) => database.prepare(SQL.list).all(userId, now.getTime()).map(sessionOf),
    remove: async (userId, id) => (await changes(SQL.remove, id, userId)) === 1,
    async removeAll(userId, { except } = {}) {
      if (except === undefined) await changes(SQL.removeAll, userId);
      else await changes(SQL.removeOthers, userId, except);
    },
    removeExpired: (before, limit) => changes(SQL.removeExpired, before.getTime(), limit),
  });
}

function columnsOf(session: Session) {
  return [
    session.id,
    session.userId,
    session.n,
    session.createdAt.getTime(),
    session.rotatedAt.getTime(),
    session.expiresAt.getTime(),
    session.since,
    session.ip,
    session.userAgent,
  ];
}

export function sessionOf(row: Record<string, unknown>): Session {
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
  };
}

function instantOf(ms: unknown): Date {
  return new Date(Number(ms));
}
