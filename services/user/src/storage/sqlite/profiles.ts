/** Stores profiles in SQLite: each account is a row, with columns for the searchable fields. */
import type { Parked } from '@latchkey/consumer';
import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import type { ProfileQuery, ProfileStore } from '../../ports/profiles.ts';
import { fillInParkedMark } from '../../profile/complete-parked-mark.ts';
import type { LivingProfile, Profile } from '../../profile/profile.ts';
import type { StoredAccount } from '../../profile/stored-account.ts';
import { getProfileTableName, IS_FORKED_SQL } from './migrations.ts';

/**
 * Opens the profiles of a generation.
 * @param generation the name of the generation, whose table must exist
 */
export function createSqliteProfiles(database: Database, generation = 'v1'): ProfileStore {
  const table = getProfileTableName(generation);

  const select = `SELECT id, sequence, head, profile, parked FROM ${table}`;
  const loadMany = `${select} WHERE id IN (SELECT value FROM json_each(:ids))`;
  const upsert = `
    INSERT INTO ${table} AS stored (
      id, sequence, head, profile, parked, created_at, role, verified, email, username)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      sequence = excluded.sequence, head = excluded.head, profile = excluded.profile, parked = excluded.parked,
      created_at = excluded.created_at, role = excluded.role, verified = excluded.verified,
      email = excluded.email, username = excluded.username
    WHERE stored.sequence < excluded.sequence
       OR (stored.sequence = excluded.sequence AND stored.parked IS NULL AND excluded.parked IS NOT NULL)`;
  // Release 0.1 stored marks of parked accounts without a topic.
  const replaceMark = `
    UPDATE ${table} SET parked = :next WHERE id = :account
       AND coalesce(json_extract(parked, '$.topic'), :topic) = :topic
       AND json_extract(parked, '$.partition') = :partition AND json_extract(parked, '$.offset') = :offset
       AND json_extract(parked, '$.cause') = :cause`;

  const port: ProfileStore = {
    async load(accounts) {
      const rows = database.prepare(loadMany).all({ ids: JSON.stringify(accounts) });
      return new Map(rows.map(readAccount).map((stored) => [stored.account, stored]));
    },

    async save(accounts) {
      if (accounts.length === 0) return;
      function saveAll() {
        const statement = database.prepare(upsert);
        for (const stored of accounts) statement.run(...rowOf(stored));
      }
      // A power cut may undo this write, because it is not flushed to disk. That does no harm: the power cut
      // also undoes the consumer group's position in the log, so the events are delivered again.
      const erases = accounts.some(({ profile }) => profile?.ended);
      await database.write(saveAll, { flushed: false, erases });
    },

    async replaceMark({ account, topic, partition, offset, cause }, next) {
      const change = { next: next ? JSON.stringify(next) : null, account, topic, partition, offset, cause };
      await database.write(() => void database.prepare(replaceMark).run(change));
    },

    async listParked({ limit, after = '' }) {
      const sql = `SELECT parked FROM ${table} WHERE parked IS NOT NULL AND id > :after ORDER BY id LIMIT :limit`;
      return database
        .prepare(sql)
        .all({ after, limit })
        .map((row) => readMark(row['parked']));
    },

    async list(query) {
      const { sql, values } = listStatement(table, query, isCommon(database, table, query.prefix));
      return database
        .prepare(sql)
        .all(values)
        .map((row) => JSON.parse(String(row['profile'])) as LivingProfile);
    },

    async page(after = '', limit) {
      const sql = `${select} WHERE id > :after ORDER BY id LIMIT :limit`;
      return database.prepare(sql).all({ after, limit }).map(readAccount);
    },

    async countParked() {
      const sql = `SELECT count(*) AS parked FROM ${table} WHERE parked IS NOT NULL`;
      return Number(database.prepare(sql).get()?.['parked']);
    },

    async countForked() {
      const sql = `SELECT count(*) AS forked FROM ${table} WHERE ${IS_FORKED_SQL}`;
      return Number(database.prepare(sql).get()?.['forked']);
    },
  };
  return mapSqliteErrors(port);
}

function readAccount(row: Record<string, unknown>): StoredAccount {
  return {
    account: String(row['id']),
    sequence: Number(row['sequence']),
    ...(row['head'] === null ? {} : { head: String(row['head']) }),
    ...(row['profile'] === null ? {} : { profile: JSON.parse(String(row['profile'])) as Profile }),
    ...(row['parked'] === null ? {} : { parked: readMark(row['parked']) }),
  };
}

function readMark(stored: unknown): Parked {
  return fillInParkedMark(JSON.parse(String(stored)));
}

/**
 * Returns the values of an account's row, as positional parameters. Positional parameters take less than half
 * the time of named ones, and a rebuild writes every account.
 */
function rowOf({ account, sequence, head, profile, parked }: StoredAccount): readonly (Value | null)[] {
  return [
    account,
    sequence,
    head ?? null,
    profile === undefined ? null : JSON.stringify(profile),
    parked === undefined ? null : JSON.stringify(parked),
    ...searchable(profile),
  ];
}

/** Returns the values of the columns created_at, role, verified, email and username. */
function searchable(profile: Profile | undefined): readonly (Value | null)[] {
  if (profile === undefined || profile.ended) return [null, null, null, null, null];
  const { createdAt, role, isVerified, email, username } = profile;
  return [createdAt, role, Number(isVerified), email?.toLowerCase() ?? null, username?.toLowerCase() ?? null];
}

type Value = string | number;

function listStatement(
  table: string,
  { after, role, verified, prefix, limit }: ProfileQuery,
  isCommonPrefix: boolean,
): { readonly sql: string; readonly values: Readonly<Record<string, Value>> } {
  const conditions = ['created_at IS NOT NULL'];
  if (after) conditions.push('(created_at, id) > (:createdAt, :id)');
  if (role !== undefined) conditions.push('role = :role');
  if (verified !== undefined) conditions.push('verified = :verified');
  if (prefix) conditions.push(isCommonPrefix ? BEGINS_UNINDEXED : beginsIndexed(table));
  return {
    sql: `SELECT profile FROM ${table} WHERE ${conditions.join(' AND ')} ORDER BY created_at, id LIMIT :limit`,
    values: {
      ...after,
      ...(role !== undefined && { role }),
      ...(verified !== undefined && { verified: Number(verified) }),
      ...(prefix && rangeOf(prefix)),
      limit,
    },
  };
}

/**
 * If at least this many profiles match a prefix, reading the list in order and filtering it is cheaper than sorting
 * all matches.
 */
const COMMON = 500;

function isCommon(database: Database, table: string, prefix: string | undefined): boolean {
  if (!prefix) return false;
  function found(column: string) {
    return `(SELECT count(*) FROM
      (SELECT 1 FROM ${table} WHERE ${column} >= :from AND ${column} < :beyond LIMIT ${COMMON}))`;
  }
  const sql = `SELECT ${found('email')} + ${found('username')} AS n`;
  return Number(database.prepare(sql).get(rangeOf(prefix))?.['n']) >= COMMON;
}

/**
 * Returns an SQL condition that finds the profiles with a prefix by means of the indexes on email and
 * username.
 */
function beginsIndexed(table: string): string {
  return `id IN (SELECT id FROM ${table} WHERE email >= :from AND email < :beyond
    UNION SELECT id FROM ${table} WHERE username >= :from AND username < :beyond)`;
}

/**
 * An SQL condition that matches a prefix without an index, row by row. The plus signs prevent SQLite from using an
 * index and then sorting.
 */
const BEGINS_UNINDEXED =
  '((+email >= :from AND +email < :beyond) OR (+username >= :from AND +username < :beyond))';

/** Returns the range of strings with a prefix. A range can use an index and, unlike a pattern, needs no escaping. */
function rangeOf(prefix: string): { readonly from: string; readonly beyond: string } {
  const from = prefix.toLowerCase();
  return { from, beyond: `${from}\u{10FFFF}` };
}
