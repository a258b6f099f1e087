/** The read model on node:sqlite: one row an account; what is searched for stands in columns of its own. */
import type { Parked } from '@latchkey/consumer';
import { type Database, guardSqlite } from '@latchkey/sqlite';
import type { ProfileQuery, Profiles } from '../../ports/profiles.ts';
import { completeMark } from '../../profile/complete-mark.ts';
import type { LivingProfile, Profile } from '../../profile/profile.ts';
import { type StoredAccount, unknownAccount } from '../../profile/stored-account.ts';
import { tableOf } from './migrations.ts';

/** @param generation the name of the generation, whose table must exist */
export function createSqliteProfiles(database: Database, generation = 'v1'): Profiles {
  const table = tableOf(generation);

  const select = `SELECT id, sequence, profile, parked FROM ${table}`;
  const loadMany = `${select} WHERE id IN (SELECT value FROM json_each(?))`;
  const upsert = `
    INSERT INTO ${table} AS stored (id, sequence, profile, parked, created_at, role, verified, email, username)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      sequence = excluded.sequence, profile = excluded.profile, parked = excluded.parked,
      created_at = excluded.created_at, role = excluded.role, verified = excluded.verified,
      email = excluded.email, username = excluded.username
    WHERE stored.sequence < excluded.sequence
       OR (stored.sequence = excluded.sequence AND stored.parked IS NULL)`;
  // Marks of release 0.1 name no topic.
  const replaceMark = `
    UPDATE ${table} SET parked = ? WHERE id = ?
       AND coalesce(json_extract(parked, '$.topic'), ?) = ?
       AND json_extract(parked, '$.partition') = ? AND json_extract(parked, '$.offset') = ?`;

  const port: Profiles = {
    async load(accounts) {
      const rows = database.prepare(loadMany).all(JSON.stringify(accounts));
      return new Map(rows.map(readAccount).map((stored) => [stored.account, stored]));
    },

    async find(account) {
      const row = database.prepare(`${select} WHERE id = ?`).get(account);
      return row === undefined ? unknownAccount(account) : readAccount(row);
    },

    async save(accounts) {
      if (accounts.length === 0) return;
      function saveAll() {
        const statement = database.prepare(upsert);
        for (const stored of accounts) statement.run(...rowOf(stored));
      }
      // Safe to lose in a crash: the group's position is lost as well, and the events are redelivered.
      await database.write(saveAll, { flushed: false });
    },

    async replaceMark({ account, topic, partition, offset }, next) {
      const mark = next === undefined ? null : JSON.stringify(next);
      await database.write(
        () => void database.prepare(replaceMark).run(mark, account, topic, topic, partition, offset),
      );
    },

    async listParked({ limit, after = '' }) {
      const sql = `SELECT parked FROM ${table} WHERE parked IS NOT NULL AND id > ? ORDER BY id LIMIT ?`;
      return database
        .prepare(sql)
        .all(after, limit)
        .map((row) => readMark(row['parked']));
    },

    async list(query) {
      const { sql, values } = listStatement(table, query, isCommon(database, table, query.prefix));
      return database
        .prepare(sql)
        .all(...values)
        .map((row) => JSON.parse(String(row['profile'])) as LivingProfile);
    },

    async page(after, limit) {
      const sql = `${select} WHERE id > ? ORDER BY id LIMIT ?`;
      return database
        .prepare(sql)
        .all(after ?? '', limit)
        .map(readAccount);
    },

    async countParked() {
      const sql = `SELECT count(*) AS parked FROM ${table} WHERE parked IS NOT NULL`;
      return Number(database.prepare(sql).get()?.['parked']);
    },
  };
  return guardSqlite(port);
}

function readAccount(row: Record<string, unknown>): StoredAccount {
  return {
    account: String(row['id']),
    sequence: Number(row['sequence']),
    ...(row['profile'] === null ? {} : { profile: JSON.parse(String(row['profile'])) as Profile }),
    ...(row['parked'] === null ? {} : { parked: readMark(row['parked']) }),
  };
}

function readMark(stored: unknown): Parked {
  return completeMark(JSON.parse(String(stored)));
}

/** Positional parameters: a rebuild runs this statement for each row, and named ones would be looked up each time. */
function rowOf({ account, sequence, profile, parked }: StoredAccount): readonly (Value | null)[] {
  return [
    account,
    sequence,
    profile === undefined ? null : JSON.stringify(profile),
    parked === undefined ? null : JSON.stringify(parked),
    ...searchable(profile),
  ];
}

/** created_at, role, verified, email, username. */
function searchable(profile: Profile | undefined): readonly (Value | null)[] {
  if (profile === undefined || profile.ended) return [null, null, null, null, null];
  const { createdAt, role, isVerified, email, username } = profile;
  return [createdAt, role, Number(isVerified), email?.toLowerCase() ?? null, username?.toLowerCase() ?? null];
}

type Value = string | number;

function listStatement(
  table: string,
  query: ProfileQuery,
  common: boolean,
): { sql: string; values: readonly Value[] } {
  const conditions: (readonly [sql: string, ...values: Value[]])[] = [['created_at IS NOT NULL']];
  if (query.after) conditions.push(['(created_at, id) > (?, ?)', query.after.createdAt, query.after.id]);
  if (query.role !== undefined) conditions.push(['role = ?', query.role]);
  if (query.verified !== undefined) conditions.push(['verified = ?', Number(query.verified)]);
  if (query.prefix)
    conditions.push(common ? beginsWithOneByOne(query.prefix) : beginsWith(table, query.prefix));
  return {
    sql: `SELECT profile FROM ${table} WHERE ${conditions.map(([sql]) => sql).join(' AND ')}
          ORDER BY created_at, id LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), query.limit],
  };
}

/** From so many accounts on, a prefix is looked for along the list instead of sorting all that begin so. */
const COMMON = 500;

function isCommon(database: Database, table: string, prefix: string | undefined): boolean {
  if (!prefix) return false;
  function found(column: string) {
    return `(SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE ${column} >= ? AND ${column} < ? LIMIT ${COMMON}))`;
  }
  const row = database.prepare(`SELECT ${found('email')} + ${found('username')} AS n`).get(...ranges(prefix));
  return Number(row?.['n']) >= COMMON;
}

/** As ranges, so that the indexes serve and no character of the prefix means anything but itself. */
function beginsWith(table: string, prefix: string): readonly [string, ...Value[]] {
  return [
    `id IN (SELECT id FROM ${table} WHERE email >= ? AND email < ?
          UNION SELECT id FROM ${table} WHERE username >= ? AND username < ?)`,
    ...ranges(prefix),
  ];
}

/** The same; the plus signs keep SQLite from the indexes, and with them from sorting. */
function beginsWithOneByOne(prefix: string): readonly [string, ...Value[]] {
  return ['((+email >= ? AND +email < ?) OR (+username >= ? AND +username < ?))', ...ranges(prefix)];
}

function ranges(prefix: string): readonly [string, string, string, string] {
  const from = prefix.toLowerCase();
  const beyond = `${from}\u{10FFFF}`;
  return [from, beyond, from, beyond];
}
