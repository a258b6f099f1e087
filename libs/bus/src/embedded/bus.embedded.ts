import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '@latchkey/sqlite';
import {
  type Bus,
  type BusRecord,
  type BusSubscribeOptions,
  type BusSubscription,
  ConsumerGroupInUseError,
  type ConsumerGroupProgress,
  type ConsumerGroups,
  type TopicSpec,
} from '../bus.ts';
import type { PartitionOffsetRange } from '../record.ts';
import { createEmbeddedSubscriptionHub, type EmbeddedSubscriptionHub } from './hub.ts';
import type {
  EmbeddedLog,
  LatestRecordsQuery,
  RecordsOfKeyPage,
  StoredTopic,
  StoredTopicSummary,
} from './log.ts';
import type { BusLogger, GroupMember } from './partition-consumer.ts';
import { createEmbeddedLogTail } from './tail.embedded.ts';

/**
 * The maximum number of records per slice. Handlers decode all records of a slice in one turn of the event
 * loop, which takes about 0.1 ms per record. Larger slices save no measurable CPU time. Slices must not be
 * much smaller, because the signature look-ahead concludes from a slice with few records that the consumer
 * has reached the end of the log (`libs/consumer/src/signature-look-ahead.ts`).
 */
const MAX_SLICE_SIZE = 100;
/**
 * How many records one transaction appends, so that it does not block the event loop for long.
 */
const APPENDED_AT_ONCE = 200;
const SWEEP_EVERY_MS = 60_000;
/** How many rows one step of a clean-up or a scan handles, so that no step blocks the event loop for long. */
const ROWS_AT_ONCE = 2000;
/**
 * How many records one step decodes and replaces. Lower than ROWS_AT_ONCE, because replacing a record takes
 * longer than reading it.
 */
const REPLACED_AT_ONCE = 200;

export interface EmbeddedBusDeps {
  /** The connection to the database. It stays open when the bus closes. Each bus needs its own connection. */
  readonly database: Database;
  readonly logger?: BusLogger;
  readonly now?: () => Date;
  /**
   * Returns whether records that are older than their topic's retention may be deleted now. Default: always
   * true.
   */
  readonly mayDelete?: () => boolean;
}

/**
 * The embedded log, with additional methods for the topics page and for ops commands. The embedded log knows
 * only those group members that run in this process.
 */
export interface EmbeddedBus extends Bus, ConsumerGroups {
  topics(): StoredTopicSummary[];
  /**
   * Returns at most `limit` records, newest last. With `offset`, returns the records from this offset on,
   * otherwise the newest records. Without `partition`, returns records of all partitions, ordered by
   * timestamp.
   * @throws Error if there is no such topic
   */
  records(topic: string, query: LatestRecordsQuery): BusRecord[];
  /**
   * Changes the retention of a topic. The embedded log needs this method, because neither a setting nor an
   * external tool can change the retention there. Does nothing if there is no such topic.
   */
  setRetention(topic: string, retentionMs: number): Promise<void>;
  /**
   * Deletes the records that are older than their topic's retention. The bus also calls this method itself,
   * every minute.
   */
  sweep(): Promise<void>;
}

/**
 * Opens the log in the embedded store, with partitions, keys and groups as in Kafka. All members of a group
 * must use the same bus.
 */
export function createEmbeddedBus({
  database,
  logger,
  now = () => new Date(),
  mayDelete = () => true,
}: EmbeddedBusDeps): EmbeddedBus {
  const hub = createEmbeddedSubscriptionHub(database);
  const { log } = hub;
  const subscriptions = new Set<BusSubscription>();
  let closed: Promise<void> | undefined;

  function refuseIfClosed() {
    if (closed) throw new Error('The bus is closed.');
  }

  async function sweep(): Promise<void> {
    let deleted = ROWS_AT_ONCE;
    while (deleted > 0 && !closed && mayDelete())
      deleted = await database.write(() => log.deleteExpired(now(), ROWS_AT_ONCE));
  }

  const sweeper = setInterval(() => {
    sweep().catch((err) =>
      logger?.warn({ err }, 'expired records could not be deleted; trying again in a minute'),
    );
  }, SWEEP_EVERY_MS).unref();

  async function closeAll(): Promise<void> {
    clearInterval(sweeper);
    await Promise.all([...subscriptions].map((subscription) => subscription.close()));
    hub.close();
  }

  return {
    sweep,
    topics: log.topics,
    records: (topic, query) => log.records(log.topic(topic), query),
    setRetention: (topic, retentionMs) => database.write(() => log.setRetention(topic, retentionMs)),
    async ensureTopics(specs) {
      refuseIfClosed();
      await database.write(() => ensureAll(log, specs));
    },
    async publish(topic, records) {
      refuseIfClosed();
      // Wait until each part is durable before appending the next one. Otherwise, later records of a key
      // could be appended without the earlier ones.
      for (let from = 0; from < records.length; from += APPENDED_AT_ONCE) {
        const part = records.slice(from, from + APPENDED_AT_ONCE);
        const append = () => log.append({ topic: log.topic(topic), records: part, at: now() });
        hub.appended(topic, await database.write(append));
      }
    },
    async subscribe(options) {
      refuseIfClosed();
      const subscription = subscribe(hub, options, { logger, now });
      subscriptions.add(subscription);
      return subscription;
    },
    async *readKey(topic, partition, key, fromOffset, toOffset) {
      refuseIfClosed();
      const keyBytes = Buffer.from(key);
      yield* scan(log, { topic, partition, fromOffset, toOffset }, (...range) =>
        log.ofKey(...range, keyBytes),
      );
    },
    async replaceRecordsOf(keys, change, { unsearched = [] } = {}) {
      refuseIfClosed();
      if (keys.length === 0) return;
      const changed: BusRecord[] = [];
      async function writeChanged() {
        const records = changed.splice(0);
        if (records.length > 0) await database.write(() => records.forEach(log.replace), { erases: true });
      }
      for await (const record of recordsNaming(log, keys, unsearched)) {
        const kept = change(record);
        if (kept !== undefined) changed.push({ ...record, ...kept });
        if (changed.length >= REPLACED_AT_ONCE) await writeChanged();
      }
      await writeChanged();
    },
    async tail(topic) {
      refuseIfClosed();
      return createEmbeddedLogTail(hub, topic);
    },
    async progressOf(group, topics) {
      refuseIfClosed();
      return progressOf(log, group, topics);
    },
    async deleteGroup(group) {
      refuseIfClosed();
      if (hub.hasMembers(group)) throw new ConsumerGroupInUseError(group);
      await database.write(() => log.forget(group));
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}

function progressOf(log: EmbeddedLog, group: string, names: readonly string[]): ConsumerGroupProgress {
  const topics = names.map(log.topic);
  const records = topics.reduce((sum, topic) => sum + log.held(topic), 0);
  // No position can be out of range, because the log moves the positions of the groups when it deletes
  // records.
  return { records, read: records - count(unreadOf(log, group, names)), outOfRange: [] };
}

/** Returns the ranges of offsets that a group has not read yet, in the same order at every call. */
function unreadOf(
  log: EmbeddedLog,
  group: string,
  names: readonly string[],
): readonly PartitionOffsetRange[] {
  return names.flatMap((name) => log.unread(group, log.topic(name)));
}

function count(ranges: readonly PartitionOffsetRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

function ensureAll(log: EmbeddedLog, specs: readonly TopicSpec[]): void {
  for (const spec of specs) {
    const existing = log.find(spec.name);
    if (!existing) log.create(spec);
    else refuseDifference(existing, spec);
  }
}

function refuseDifference(existing: TopicSpec, wanted: TopicSpec): void {
  for (const setting of ['partitions', 'retentionMs'] as const) {
    if (existing[setting] === wanted[setting]) continue;
    throw new Error(
      `The topic ${wanted.name} exists with ${setting} ${existing[setting]}, not ${wanted[setting]}.`,
    );
  }
}

function subscribe(
  hub: EmbeddedSubscriptionHub,
  options: BusSubscribeOptions,
  deps: Pick<GroupMember, 'logger' | 'now'>,
): BusSubscription {
  const { group, topics, handle } = options;
  const sliceSize = Math.min(options.sliceSize ?? MAX_SLICE_SIZE, MAX_SLICE_SIZE);
  const leaving = new AbortController();
  const member: GroupMember = { topics, handle, sliceSize, leaving: leaving.signal, ...deps };
  let closed: Promise<void> | undefined;
  const first = unreadOf(hub.log, group, topics);
  hub.join(group, member);
  return {
    lag: async () => count(unreadOf(hub.log, group, topics)),
    caughtUp: async () =>
      unreadOf(hub.log, group, topics).every(({ start }, index) => start >= (first[index]?.end ?? 0)),
    healthy: () => !closed && hub.healthy(group, member),
    faults: () => [],
    close() {
      leaving.abort();
      closed ??= hub.leave(group, member);
      return closed;
    },
  };
}

interface Scan {
  readonly topic: string;
  readonly partition: number;
  readonly fromOffset: number;
  readonly toOffset: number | undefined;
}

/**
 * Yields the selected records of a partition. Reads the partition in steps, and lets other work run between
 * the steps.
 * @param select returns the selected records within a range of offsets
 */
async function* scan(
  log: EmbeddedLog,
  { topic: name, partition, fromOffset, toOffset = Number.POSITIVE_INFINITY }: Scan,
  select: (topic: StoredTopic, partition: number, from: number, to: number) => readonly BusRecord[],
): AsyncGenerator<BusRecord> {
  const topic = log.topic(name);
  const end = Math.min(log.end(topic, partition), toOffset);
  for (let from = fromOffset; from < end; from += ROWS_AT_ONCE) {
    yield* select(topic, partition, from, Math.min(end, from + ROWS_AT_ONCE));
    await nextTurn();
  }
}

/**
 * Yields the records of these keys in all topics. Also yields the records whose values contain one of the
 * keys, except in the topics `unsearched`. A record may be yielded twice.
 */
async function* recordsNaming(
  log: EmbeddedLog,
  keys: readonly string[],
  unsearched: readonly string[],
): AsyncGenerator<BusRecord> {
  for (const key of keys) yield* recordsOfKey(log, Buffer.from(key));
  const pattern = new RegExp(keys.map((key) => RegExp.escape(Buffer.from(key).toString('latin1'))).join('|'));
  for (const { name: topic, partitions } of log.topics().filter(({ name }) => !unsearched.includes(name)))
    for (let partition = 0; partition < partitions; partition += 1)
      yield* scan(log, { topic, partition, fromOffset: 0, toOffset: undefined }, (...range) =>
        log.matching(...range, pattern),
      );
}

async function* recordsOfKey(log: EmbeddedLog, key: Buffer): AsyncGenerator<BusRecord> {
  let page: RecordsOfKeyPage | undefined;
  do {
    page = log.everywhereOfKey(key, { ...page, limit: REPLACED_AT_ONCE });
    yield* page.records;
    await nextTurn();
  } while (page.after);
}
