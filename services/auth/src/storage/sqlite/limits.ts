import { type Database, mapSqliteErrors, type SqliteRow } from '@latchkey/sqlite';
import type { RateLimitDecision, RateLimitName, RateLimitRules, RateLimits } from '../../ports/limits.ts';
import { removeRowsInPages } from './remove-in-pages.ts';

const SQL = {
  find: 'SELECT points, until FROM limit_count WHERE name = :name AND key = :key AND until > :now',
  count: `INSERT INTO limit_count (name, key, points, until) VALUES (:name, :key, :points, :until)
    ON CONFLICT DO UPDATE SET points = excluded.points, until = excluded.until`,
  giveBack: `UPDATE limit_count SET points = points - :points
    WHERE name = :name AND key = :key AND until > :now AND points >= :points`,
  clear: 'DELETE FROM limit_count WHERE name = :name AND key = :key',
  removeExpired: `DELETE FROM limit_count WHERE (name, key) IN
    (SELECT name, key FROM limit_count WHERE until <= :now ORDER BY until LIMIT :page)`,
} as const;

/**
 * Writes of the counts of rate limits are not flushed to disk. The counts survive a crash of the process, but
 * a power cut may lose the latest ones.
 */
const UNFLUSHED = { flushed: false } as const;

/**
 * Rate limits in the embedded store. Each call reads and updates the count in one transaction, so that
 * concurrent requests cannot exceed a limit. Windows depend on the machine's clock.
 */
export function createSqliteLimits(rules: RateLimitRules, database: Database): RateLimits {
  function find(name: RateLimitName, key: string, now: number): SqliteRow | undefined {
    return database.prepare(SQL.find).get({ name, key, now });
  }

  function take(name: RateLimitName, key: string, points: number): RateLimitDecision {
    const now = Date.now();
    const counted = find(name, key, now);
    const { points: limit, seconds } = rules[name];
    const until = Number(counted?.['until'] ?? now + seconds * 1000);
    const total = Number(counted?.['points'] ?? 0) + points;
    if (total > limit) return refusedUntil(until, now);
    database.prepare(SQL.count).run({ name, key, points: total, until });
    return { allowed: true };
  }

  return mapSqliteErrors<RateLimits>({
    take: (name, key, points = 1) => database.write(() => take(name, key, points), UNFLUSHED),

    async peek(name, key) {
      const now = Date.now();
      const counted = find(name, key, now);
      if (Number(counted?.['points'] ?? 0) < rules[name].points) return { allowed: true };
      return refusedUntil(Number(counted?.['until'] ?? now), now);
    },

    giveBack: (name, key, points = 1) =>
      database.write(
        () => void database.prepare(SQL.giveBack).run({ name, key, points, now: Date.now() }),
        UNFLUSHED,
      ),

    clear: (name, key) =>
      database.write(() => void database.prepare(SQL.clear).run({ name, key }), UNFLUSHED),

    removeExpired: () => removeRowsInPages(database, SQL.removeExpired, { now: Date.now() }, UNFLUSHED),
  });
}

function refusedUntil(until: number, now: number): RateLimitDecision {
  return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil((until - now) / 1000)) };
}
