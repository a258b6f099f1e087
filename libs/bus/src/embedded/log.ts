import type { Database, SqliteSchema } from '@latchkey/sqlite';
import type { BusRecord, OutgoingRecord, TopicSpec } from '../bus.ts';
import { partitionOfKey } from '../partitioner.ts';
import type { PartitionOffsetRange } from '../reader.ts';
import { deserializeHeaders, serializeHeaders } from './headers.ts';

/**
 * `bus_partition` stores the first offset and the next offset of each partition, so that offsets continue
 * even if all records are deleted. The stored position of a group is the offset that the group reads next.
 */
const release01 = `
  CREATE TABLE IF NOT EXISTS bus_topic (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, retention_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS bus_partition (
    topic INTEGER NOT NULL, partition INTEGER NOT NULL, start INTEGER NOT NULL, next INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS bus_record (
    topic INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, at INTEGER NOT NULL,
    key BLOB, value BLOB, headers TEXT NOT NULL, UNIQUE (topic, partition, offset)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS bus_position (
    "group" TEXT NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY ("group", topic, partition)
  ) STRICT, WITHOUT ROWID;
`;

/** An index on keys. It finds the records of an erased account without a scan of the log. */
const keyIndex = 'CREATE INDEX bus_record_key ON bus_record (key) WHERE key IS NOT NULL';

const schema: SqliteSchema = { owner: 'bus', migrations: [release01, keyIndex] };

export interface StoredTopic extends TopicSpec {
  readonly id: number;
}

export interface StoredTopicSummary {
  readonly name: string;
  readonly partitions: number;
  /** The number of records that are currently in the topic. */
  readonly records: number;
}

export interface LatestRecordsQuery {
  readonly partition?: number;
  /** The first offset to return; by default the newest records are returned. */
  readonly offset?: number;
  readonly limit: number;
}

/** The position of a record in the index on keys. */
interface KeyedPlace {
  readonly key: Buffer;
  readonly row: number;
}

export interface RecordsOfKeyPage {
  readonly records: readonly BusRecord[];
  /** The position in the index after which the next page begins; undefined if this is the last page. */
  readonly after?: KeyedPlace;
}

export interface AppendOptions {
  readonly topic: StoredTopic;
  readonly records: readonly OutgoingRecord[];
  readonly at: Date;
}

/**
 * The log, stored in SQLite tables. All methods are synchronous; methods that write must run within
 * `database.write`.
 */
export interface EmbeddedLog {
  /** Returns a topic by its name. @throws Error if there is no such topic */
  topic(name: string): StoredTopic;
  find(name: string): StoredTopic | undefined;
  create(spec: TopicSpec): void;
  /** Changes how long a topic keeps records. Does nothing if there is no such topic. */
  setRetention(name: string, retentionMs: number): void;
  /**
   * Appends records to a topic.
   * @returns the partitions that received records
   */
  append(append: AppendOptions): readonly number[];
  /** Returns the next records for a group: at most `limit`, starting at the group's position. */
  nextFor(group: string, topic: StoredTopic, partition: number, limit: number): BusRecord[];
  moveTo(group: string, topic: StoredTopic, partition: number, position: number): void;
  /** Returns for each partition, in order, the range of offsets that a group has not read yet. */
  unread(group: string, topic: StoredTopic): PartitionOffsetRange[];
  /** Returns how many records are currently in a topic. */
  held(topic: StoredTopic): number;
  /** Deletes all positions of a consumer group. */
  forget(group: string): void;
  /** Returns the offset that the next record of a partition will get. */
  end(topic: StoredTopic, partition: number): number;
  /**
   * Returns the records with `from <= offset < to` whose key is this key, or begins with this key and a
   * slash.
   */
  ofKey(topic: StoredTopic, partition: number, from: number, to: number, key: Buffer): BusRecord[];
  /**
   * Returns a page of the records, in all topics, whose key is the given key, or begins with the given key
   * and a slash. The page contains at most `limit` records, and follows the page that ended at `after`. The
   * records are found with an index.
   */
  everywhereOfKey(
    key: Buffer,
    page: { readonly after?: KeyedPlace; readonly limit: number },
  ): RecordsOfKeyPage;
  /**
   * Returns the records with `from <= offset < to` whose value matches a pattern.
   * @param pattern matches the bytes of the value, decoded as Latin-1
   */
  matching(topic: StoredTopic, partition: number, from: number, to: number, pattern: RegExp): BusRecord[];
  /** Replaces the value and the headers of a record. */
  replace(record: Pick<BusRecord, 'topic' | 'partition' | 'offset' | 'value' | 'headers'>): void;
  /**
   * Deletes at most `limit` of the records that are older than their topic's retention. Returns how many were
   * deleted.
   */
  deleteExpired(now: Date, limit: number): number;
  topics(): StoredTopicSummary[];
  /** Returns the range of offsets of each partition, in the order of the partitions. */
  ranges(topic: StoredTopic): PartitionOffsetRange[];
  /** Returns at most `limit` records of a partition, starting at an offset, in order. */
  from(topic: StoredTopic, partition: number, offset: number, limit: number): BusRecord[];
  records(topic: StoredTopic, query: LatestRecordsQuery): BusRecord[];
}

export function createEmbeddedLog(database: Database): EmbeddedLog {
  database.migrate(schema);
  const { prepare } = database;
  /** For each topic id, the partition that will receive the next record without a key. */
  const nextPartitions = new Map<number, number>();

  function find(name: string): StoredTopic | undefined {
    const row = prepare('SELECT id, partitions, retention_ms FROM bus_topic WHERE name = :name').get({
      name,
    });
    if (!row) return undefined;
    return {
      id: Number(row['id']),
      name,
      partitions: Number(row['partitions']),
      retentionMs: Number(row['retention_ms']),
    };
  }

  function topicNamed(name: string): StoredTopic {
    const topic = find(name);
    if (!topic) throw new Error(`The topic ${name} does not exist.`);
    return topic;
  }

  function partitionFor(topic: StoredTopic, key: Buffer | null): number {
    if (key) return partitionOfKey(key, topic.partitions);
    const next = nextPartitions.get(topic.id) ?? 0;
    nextPartitions.set(topic.id, next + 1);
    return next % topic.partitions;
  }

  function end(topic: StoredTopic, partition: number): number {
    return Number(
      prepare('SELECT next FROM bus_partition WHERE topic = :topic AND partition = :partition').get({
        topic: topic.id,
        partition,
      })?.['next'] ?? 0,
    );
  }

  function select(
    topic: StoredTopic,
    where: string,
    values: Readonly<Record<string, number | Buffer>>,
  ): BusRecord[] {
    return prepare(
      `SELECT partition, offset, at, key, value, headers FROM bus_record WHERE topic = :topic AND ${where}`,
    )
      .all({ topic: topic.id, ...values })
      .map((row) => restoreRecord(topic.name, row));
  }

  function newest(topic: StoredTopic, partition: number, limit: number) {
    return select(topic, 'partition = :partition ORDER BY offset DESC LIMIT :limit', { partition, limit });
  }
  function from(topic: StoredTopic, partition: number, offset: number, limit: number) {
    const where = 'partition = :partition AND offset >= :offset ORDER BY offset LIMIT :limit';
    return select(topic, where, { partition, offset, limit });
  }

  return {
    find,
    end,
    from,
    ranges: (topic) =>
      prepare('SELECT partition, start, next FROM bus_partition WHERE topic = :topic ORDER BY partition')
        .all({ topic: topic.id })
        .map(toRange),
    topic: topicNamed,
    create({ name, partitions, retentionMs }) {
      const { lastInsertRowid } = prepare(
        'INSERT INTO bus_topic (name, partitions, retention_ms) VALUES (:name, :partitions, :retentionMs)',
      ).run({ name, partitions, retentionMs });
      const add = prepare(
        'INSERT INTO bus_partition (topic, partition, start, next) VALUES (:topic, :partition, 0, 0)',
      );
      for (let partition = 0; partition < partitions; partition++)
        add.run({ topic: lastInsertRowid, partition });
    },
    setRetention(name, retentionMs) {
      prepare('UPDATE bus_topic SET retention_ms = :retentionMs WHERE name = :name').run({
        name,
        retentionMs,
      });
    },
    append({ topic, records, at }) {
      const next = new Map<number, number>();
      // Uses positional parameters, because this statement runs for every record, and named parameters would
      // be slower.
      const insert = prepare(
        'INSERT INTO bus_record (topic, partition, offset, at, key, value, headers) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      for (const { key, value, headers } of records) {
        const keyBytes = typeof key === 'string' ? Buffer.from(key) : key;
        const partition = partitionFor(topic, keyBytes);
        const offset = next.get(partition) ?? end(topic, partition);
        insert.run(topic.id, partition, offset, at.getTime(), keyBytes, value, serializeHeaders(headers));
        next.set(partition, offset + 1);
      }
      const move = prepare(
        'UPDATE bus_partition SET next = :offset WHERE topic = :topic AND partition = :partition',
      );
      for (const [partition, offset] of next) move.run({ topic: topic.id, partition, offset });
      return [...next.keys()];
    },
    nextFor(group, topic, partition, limit) {
      const position = prepare(
        'SELECT position FROM bus_position WHERE "group" = :group AND topic = :topic AND partition = :partition',
      ).get({ group, topic: topic.id, partition })?.['position'];
      return from(topic, partition, Number(position ?? 0), limit);
    },
    moveTo(group, topic, partition, position) {
      prepare(
        `INSERT INTO bus_position ("group", topic, partition, position) VALUES (:group, :topic, :partition, :position)
         ON CONFLICT DO UPDATE SET position = excluded.position`,
      ).run({ group, topic: topic.id, partition, position });
    },
    unread: (group, topic) =>
      prepare(
        `SELECT log.partition, max(start, coalesce(position, 0)) AS start, next
         FROM bus_partition AS log LEFT JOIN bus_position AS reached
           ON reached."group" = :group AND reached.topic = log.topic AND reached.partition = log.partition
         WHERE log.topic = :topic ORDER BY log.partition`,
      )
        .all({ group, topic: topic.id })
        .map(toRange),
    held(topic) {
      const row = prepare('SELECT sum(next - start) AS held FROM bus_partition WHERE topic = :topic').get({
        topic: topic.id,
      });
      return Number(row?.['held'] ?? 0);
    },
    forget(group) {
      prepare('DELETE FROM bus_position WHERE "group" = :group').run({ group });
    },
    ofKey: (topic, partition, first, to, key) =>
      select(topic, `${IN_RANGE} AND ${OF_KEY} ORDER BY offset`, {
        partition,
        first,
        to,
        ...keyParameters(key),
      }),
    everywhereOfKey(key, { after = { key, row: -1 }, limit }) {
      const rows = prepare(
        `SELECT bus_record.rowid AS row, name, partition, offset, at, key, value, headers
         FROM bus_record INDEXED BY bus_record_key JOIN bus_topic ON id = topic
         WHERE (key, bus_record.rowid) > (:afterKey, :afterRow) AND key < :end AND (key = :key OR key >= :slash)
         ORDER BY key, bus_record.rowid LIMIT :limit`,
      ).all({ ...keyRange(key), afterKey: after.key, afterRow: after.row, limit });
      const records = rows.map((row) => restoreRecord(String(row['name']), row));
      const last = rows.length === limit ? rows.at(-1) : undefined;
      const lastKey = records.at(-1)?.key;
      return { records, ...(last && lastKey && { after: { key: lastKey, row: Number(last['row']) } }) };
    },
    matching: (topic, partition, first, to, pattern) =>
      prepare(`SELECT offset, value FROM bus_record WHERE topic = :topic AND ${IN_RANGE} ORDER BY offset`)
        .all({ topic: topic.id, partition, first, to })
        .filter(({ value }) => pattern.test(restoreBytes(value)?.toString('latin1') ?? ''))
        .flatMap(({ offset }) => from(topic, partition, Number(offset), 1)),
    replace({ topic: name, partition, offset, value, headers }) {
      prepare(
        `UPDATE bus_record SET value = :value, headers = :headers
         WHERE topic = :topic AND partition = :partition AND offset = :offset`,
      ).run({ value, headers: serializeHeaders(headers), topic: topicNamed(name).id, partition, offset });
    },
    deleteExpired(now, limit) {
      const partitions = prepare(
        `SELECT topic, partition, retention_ms FROM bus_partition JOIN bus_topic ON id = topic
         WHERE retention_ms >= 0 AND start < next`,
      ).all();
      let left = limit;
      for (const { topic, partition, retention_ms } of partitions) {
        left -= deletePrefix(database, {
          topic: Number(topic),
          partition: Number(partition),
          before: now.getTime() - Number(retention_ms),
          limit: left,
        });
      }
      return limit - left;
    },
    topics: () =>
      prepare(
        `SELECT name, partitions, sum(next - start) AS records
         FROM bus_topic JOIN bus_partition ON topic = id GROUP BY id ORDER BY name`,
      )
        .all()
        .map((row) => ({
          name: String(row['name']),
          partitions: Number(row['partitions']),
          records: Number(row['records']),
        })),
    records(topic, { partition, offset, limit }) {
      const partitions =
        partition === undefined ? Array.from({ length: topic.partitions }, (_, i) => i) : [partition];
      const found = partitions.flatMap((each) =>
        offset === undefined ? newest(topic, each, limit) : from(topic, each, offset, limit),
      );
      found.sort(byTime);
      return offset === undefined ? found.slice(Math.max(0, found.length - limit)) : found.slice(0, limit);
    },
  };
}

const SLASH = Buffer.from('/');
/**
 * The byte after the slash in ASCII. A prefix with this byte is the end of the range of keys that begin with
 * the prefix and a slash.
 */
const AFTER_SLASH = Buffer.from('0');

/** SQL condition: the records of a partition within a range of offsets. */
const IN_RANGE = 'partition = :partition AND offset >= :first AND offset < :to';

/** SQL condition: the records whose key is a certain key, or begins with this key and a slash. */
const OF_KEY = '(key = :key OR substr(key, 1, :length) = :start)';

/** Returns the parameters of {@link OF_KEY}. */
function keyParameters(key: Buffer): {
  readonly key: Buffer;
  readonly length: number;
  readonly start: Buffer;
} {
  return { key, length: key.length + 1, start: Buffer.concat([key, SLASH]) };
}

/** Which records at the start of a partition are to be deleted. */
interface Prefix {
  /** The id of the topic whose records are to be deleted. */
  readonly topic: number;
  readonly partition: number;
  /** Only records that are older than this time are deleted; in ms since the epoch. */
  readonly before: number;
  /** The maximum number of records to delete. */
  readonly limit: number;
}

/**
 * Deletes expired records at the start of a partition, up to the first record that must be kept. Expired
 * records after the first record that must be kept are not deleted yet, because the offsets of a partition
 * must have no gaps.
 */
function deletePrefix({ prepare }: Database, { topic, partition, before, limit }: Prefix): number {
  const offsets = prepare(
    'SELECT offset, at FROM bus_record WHERE topic = :topic AND partition = :partition ORDER BY offset LIMIT :limit',
  ).all({ topic, partition, limit });
  const kept = offsets.findIndex(({ at }) => Number(at) >= before);
  const last = (kept === -1 ? offsets : offsets.slice(0, kept)).at(-1)?.['offset'];
  if (last === undefined) return 0;
  prepare('UPDATE bus_partition SET start = :start WHERE topic = :topic AND partition = :partition').run({
    topic,
    partition,
    start: Number(last) + 1,
  });
  const { changes } = prepare(
    'DELETE FROM bus_record WHERE topic = :topic AND partition = :partition AND offset <= :last',
  ).run({ topic, partition, last });
  return Number(changes);
}

/** Returns the bounds of an index search for a key and for all keys that begin with this key and a slash. */
function keyRange(key: Buffer): { readonly key: Buffer; readonly slash: Buffer; readonly end: Buffer } {
  return { key, slash: Buffer.concat([key, SLASH]), end: Buffer.concat([key, AFTER_SLASH]) };
}

type Row = ReturnType<ReturnType<Database['prepare']>['all']>[number];

function toRange({ partition, start, next }: Row): PartitionOffsetRange {
  return { partition: Number(partition), start: Number(start), end: Number(next) };
}

function restoreRecord(topic: string, row: Row): BusRecord {
  return {
    topic,
    partition: Number(row['partition']),
    offset: Number(row['offset']),
    timestamp: new Date(Number(row['at'])),
    key: restoreBytes(row['key']),
    value: restoreBytes(row['value']),
    headers: deserializeHeaders(String(row['headers'])),
  };
}

function restoreBytes(stored: Row[string] | undefined): Buffer | null {
  return stored instanceof Uint8Array
    ? Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
    : null;
}

function byTime(a: BusRecord, b: BusRecord): number {
  return a.timestamp.getTime() - b.timestamp.getTime() || a.partition - b.partition || a.offset - b.offset;
}
