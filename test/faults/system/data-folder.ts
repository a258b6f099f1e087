/** Reads what a standalone has stored in its data folder, directly from the tables of SQLite. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { isHeartbeat } from '../../support/kcat.ts';
import type { Settings } from '../../support/system.ts';
import type {
  Commit,
  CommitEvent,
  DeliveryAttempt,
  GroupLag,
  ReplacedRows,
  StoreContents,
  StoredCutoffs,
  StoredDelivery,
  StoredErasure,
  StoredLease,
  StoredProfile,
  StoredRequest,
  TopicRecord,
} from '../checker/stored.ts';
import { EVENT_TOPICS, listConsumerGroups } from '../checker/topic-rules.ts';

type Row = Readonly<Record<string, SQLOutputValue>>;
type Read = (sql: string, ...values: readonly string[]) => readonly Row[];

const FIRST_GENERATION = 'user_profiles_v1';

/** Runs `work` on one consistent state of the database, even while a standalone uses the folder. */
export function readDatabaseSnapshot<T>(folder: string, work: (read: Read) => T): T {
  const database = new DatabaseSync(join(folder, 'latchkey.sqlite'), { readOnly: true, timeout: 10_000 });
  try {
    database.exec('BEGIN');
    return work((sql, ...values) => database.prepare(sql).all(...values));
  } finally {
    database.close();
  }
}

/**
 * Reads everything that the standalone has stored, and returns it in the form in which MongoDB and Kafka
 * contain it.
 */
export function readDataFolder(folder: string): StoreContents {
  return readDatabaseSnapshot(folder, (read) => {
    const records = recordsIn(read);
    const [profiles = [], ...rebuiltProfiles] = generationsIn(read).map((table) =>
      read(`SELECT * FROM ${table}`).map(profileOf),
    );
    return {
      requests: requestsIn(read),
      commits: read('SELECT * FROM journal_commit').map(commitOf),
      lags: lagsIn(read),
      records: records.filter(({ topic }) => EVENT_TOPICS.some((name) => name === topic)),
      deadLetters: records.filter(({ topic }) => topic.includes('.dlq.')),
      profiles,
      rebuiltProfiles,
      deliveries: read('SELECT * FROM notifier_deliveries').map(deliveryOf),
      cutoffs: cutoffsIn(read),
      leases: read('SELECT * FROM lease').map(leaseOf),
      erasures: read('SELECT * FROM erasure').map(erasureOf),
    };
  });
}

/** Returns the settings with which a standalone records rows before it replaces them. @param path an existing file */
export function createReplacedRowsSettings(path: string): Settings {
  return {
    NODE_OPTIONS: `--import=${import.meta.resolve('./record-replaced-rows.ts')}`,
    REPLACED_ROWS_FILE: path,
  };
}

/**
 * Reads the rows that the standalone has recorded before it replaced them (record-replaced-rows.ts), in the
 * order of the replacements. A row may occur several times, because a process that was killed repeats its
 * last replacement.
 */
export async function readReplacedRows(path: string): Promise<ReplacedRows> {
  const lines = (await readFile(path, 'utf8')).split('\n').flatMap(replacedRowIn);
  function rowsOf(name: string): readonly Row[] {
    return lines.filter(({ table }) => table === name).map(({ row }) => row);
  }
  return {
    records: rowsOf('bus_record').map(recordOf),
    commits: rowsOf('journal_commit').map(commitOf),
  };
}

/**
 * Parses a line of the file. Ignores an incomplete line: the process was killed while it wrote the line, so
 * the row was not replaced.
 */
function replacedRowIn(line: string): readonly { readonly table: string; readonly row: Row }[] {
  try {
    return [JSON.parse(line, (_, value) => bytesIn(value) ?? value)];
  } catch {
    return [];
  }
}

function bytesIn(value: unknown): Uint8Array | undefined {
  const isBytes = typeof value === 'object' && value !== null && 'base64' in value;
  return isBytes ? Buffer.from(String(value.base64), 'base64') : undefined;
}

/**
 * Returns the amount of unfinished work in the data folder, by kind.
 * @param dueUntil erasures that are due by this time count as unfinished
 */
export function readUnfinishedWork(
  folder: string,
  dueUntil: Date = new Date(),
): Readonly<Record<string, number>> {
  return readDatabaseSnapshot(folder, (read) => {
    function count(sql: string): number {
      return Number(read(`SELECT count(*) AS many FROM ${sql}`)[0]?.['many']);
    }
    return {
      'unpublished commits': count('journal_commit WHERE unpublished IS NOT NULL'),
      'written-down requests': count('request'),
      'accounts to be erased': count(`journal_commit WHERE erase_at <= '${dueUntil.toISOString()}'`),
      'erasures without a receipt': count('erasure WHERE waiting = 1'),
      'open deliveries': count("notifier_deliveries WHERE state IN ('pending', 'claimed')"),
      ...Object.fromEntries(
        lagsIn(read).map(({ group, topic, lag }) => [`records of ${topic} unread by ${group}`, lag]),
      ),
    };
  });
}

/** Returns the tables of all generations of the read model, oldest first. */
function generationsIn(read: Read): readonly string[] {
  return read("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'user_profiles_v[0-9]*'")
    .map(({ name }) => String(name))
    .toSorted((a, b) => Number(a !== FIRST_GENERATION) - Number(b !== FIRST_GENERATION));
}

function requestsIn(read: Read): readonly StoredRequest[] {
  return read('SELECT id, at FROM request').map(({ id, at }) => ({ _id: String(id), at: String(at) }));
}

function commitOf(row: Row): Commit {
  const { claims, address, traceparent, unpublished } = row;
  return {
    _id: String(row['command_id']),
    stream: String(row['stream']),
    number: Number(row['number']),
    sequence: Number(row['sequence']),
    events: parse<readonly CommitEvent[]>(row['events']),
    ...(typeof claims === 'string' && { claims: parse<readonly string[]>(claims) }),
    correlationId: String(row['correlation_id']),
    ...(typeof traceparent === 'string' && { traceparent }),
    at: String(row['at']),
    ...(unpublished !== null && { unpublished: { at: Number(unpublished) } }),
    ...(typeof address === 'string' && { registration: { address } }),
  };
}

function recordsIn(read: Read): readonly TopicRecord[] {
  return read('SELECT name, r.* FROM bus_record AS r JOIN bus_topic AS t ON t.id = r.topic')
    .map(recordOf)
    .filter((record) => !isHeartbeat(record));
}

function recordOf(row: Row): TopicRecord {
  return {
    topic: String(row['name']),
    partition: Number(row['partition']),
    offset: Number(row['offset']),
    key: textOf(row['key']),
    headers: Object.fromEntries(
      parse<readonly (readonly [string, string])[]>(row['headers']).map(
        ([name, value]) => [name, Buffer.from(value, 'latin1').toString()] as const,
      ),
    ),
    payload: textOf(row['value']),
  };
}

function lagsIn(read: Read): readonly GroupLag[] {
  return listConsumerGroups(generationsIn(read)).map(([group, topic]) => {
    const rows = read(
      `SELECT max(0, p.next - max(p.start, coalesce(position, 0))) AS lag
       FROM bus_partition AS p JOIN bus_topic AS t ON t.id = p.topic AND t.name = ?
       LEFT JOIN bus_position AS g ON g.topic = p.topic AND g.partition = p.partition AND g."group" = ?`,
      topic,
      group,
    );
    return { group, topic, lag: rows.reduce((sum, { lag }) => sum + Number(lag), 0) };
  });
}

function profileOf({ id, sequence, profile, parked, email, username }: Row): StoredProfile {
  return {
    _id: String(id),
    sequence: Number(sequence),
    ...(typeof profile === 'string' && { profile: parse<Readonly<Record<string, unknown>>>(profile) }),
    ...((email ?? username) !== null && {
      search: { ...(email !== null && { email }), ...(username !== null && { username }) },
    }),
    ...(typeof parked === 'string' && { parked: parse<NonNullable<StoredProfile['parked']>>(parked) }),
  };
}

function deliveryOf(row: Row): StoredDelivery {
  const { reason, ended_at: endedAt, due_at: dueAt, state } = row;
  const isOpen = state === 'pending' || state === 'claimed';
  return {
    _id: String(row['id']),
    eventId: String(row['event_id']),
    subject: String(row['subject']),
    state: String(state),
    ...(typeof reason === 'string' && { reason }),
    ...(endedAt !== null && { endedAt: new Date(Number(endedAt)) }),
    attempts: parse<readonly DeliveryAttempt[]>(row['attempts']).map((attempt) => ({
      ...attempt,
      at: new Date(attempt.at),
    })),
    ...(isOpen && {
      open: { dueAt: new Date(Number(dueAt)), sendUntil: new Date(Number(row['send_until'])) },
    }),
  };
}

function cutoffsIn(read: Read): readonly StoredCutoffs[] {
  const rows = Map.groupBy(read('SELECT * FROM notifier_cutoffs'), ({ subject }) => String(subject));
  return Array.from(rows, ([subject, its]) => ({
    _id: subject,
    before: Object.fromEntries(its.map(({ what, before }) => [String(what), Number(before)])),
  }));
}

function leaseOf({ name, until }: Row): StoredLease {
  return { _id: String(name), until: new Date(Number(until)) };
}

function erasureOf({ account, sequence, expected, receipts }: Row): StoredErasure {
  return {
    _id: String(account),
    sequence: Number(sequence),
    expected: parse<readonly string[]>(expected),
    receipts: parse<StoredErasure['receipts']>(receipts),
  };
}

function parse<T>(text: SQLOutputValue | undefined): T {
  return JSON.parse(String(text)) as T;
}

function textOf(bytes: SQLOutputValue | undefined): string | null {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : null;
}
