import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Broker, Cluster, Kafka, KafkaMessage } from 'kafkajs';
import type { BusRecord } from '../bus.ts';
import type { PartitionOffsetRange } from '../reader.ts';
import { withKafkaAdmin } from './admin.ts';
import { toBusRecord } from './records.ts';
import { openKafkajsCluster } from './workarounds/open-cluster.ts';

const FETCH_WAITS_MS = 500;
const BYTES_AT_ONCE = 1024 * 1024;
/**
 * How many bytes to fetch if only the first record of a partition is needed. This is enough for the first
 * batch of most partitions.
 */
const FIRST_BYTES = 64 * 1024;
const TRIES = 10;
const PAUSE_MS = 200;
const READ_UNCOMMITTED = 0;

/**
 * Returns the range of offsets of each partition, in the order of the partitions.
 * @throws Error if the topic does not exist
 */
export function readPartitionOffsetRanges(
  kafka: Kafka,
  topic: string,
): Promise<readonly PartitionOffsetRange[]> {
  return withKafkaAdmin(kafka, (admin) => fetchPartitionOffsetRanges(admin, topic));
}

/**
 * Returns the range of offsets of each partition, like {@link readPartitionOffsetRanges}, on an open
 * connection.
 */
export async function fetchPartitionOffsetRanges(
  admin: Admin,
  topic: string,
): Promise<readonly PartitionOffsetRange[]> {
  const ends = await admin.fetchTopicOffsets(topic);
  return ends
    .map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }))
    .toSorted((a, b) => a.partition - b.partition);
}

/**
 * Returns the key of the first record of each partition that has one.
 * @throws Error if the topic does not exist
 */
export async function readFirstKeyOfEachPartition(
  kafka: Kafka,
  topic: string,
): Promise<readonly (Buffer | null)[]> {
  const filled = (await readPartitionOffsetRanges(kafka, topic)).filter(({ start, end }) => start < end);
  if (filled.length === 0) return [];
  const { cluster, disconnect } = await openKafkajsCluster(kafka, topic);
  try {
    const keys: (Buffer | null)[] = [];
    for (const { partition, start } of filled) {
      const [first] = await fetchRecordsFrom(cluster, {
        topic,
        partition,
        offset: start,
        bytes: FIRST_BYTES,
      });
      keys.push(first?.key ?? null);
    }
    return keys;
  } finally {
    await disconnect();
  }
}

/** Reads a range of offsets in order, one fetch at a time. Joins no group. */
export async function* readPartitionRecords(
  kafka: Kafka,
  topic: string,
  { partition, start, end }: PartitionOffsetRange,
): AsyncGenerator<readonly BusRecord[]> {
  if (start >= end) return;
  const { cluster, disconnect } = await openKafkajsCluster(kafka, topic);
  try {
    for (let at = start; at < end; ) {
      const messages = await fetchRecordsFrom(cluster, {
        topic,
        partition,
        offset: at,
        bytes: BYTES_AT_ONCE,
      });
      const records = messages
        .filter(({ offset }) => Number(offset) < end)
        .map((message) => toBusRecord(topic, partition, message));
      if (records.length > 0) yield records;
      at = Math.max(at, Number(messages.at(-1)?.offset ?? at) + 1);
    }
  } finally {
    await disconnect();
  }
}

/** The part of a fetch response that is read here; kafkajs publishes no type for it. */
interface FetchResponse {
  readonly responses: readonly {
    readonly partitions: readonly { readonly messages: readonly KafkaMessage[] }[];
  }[];
}

interface FetchPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /**
   * The maximum number of bytes to fetch. A broker exceeds this number only if the first record is larger.
   * The number is doubled if a response contains no record.
   */
  readonly bytes: number;
}

/**
 * Returns at least one record, starting at the offset. If compaction has removed the record with this offset,
 * the result begins with the next record that remains.
 * @throws the last error, or Error if no record was returned
 */
export async function fetchRecordsFrom(
  cluster: Cluster,
  { topic, partition, offset, bytes }: FetchPlace,
): Promise<readonly KafkaMessage[]> {
  let failure: unknown = new Error(
    `Partition ${partition} of ${topic} returns no record at offset ${offset}.`,
  );
  let size = bytes;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const broker = await leaderOf(cluster, topic, partition);
      const response: FetchResponse = await broker.fetch({
        maxWaitTime: FETCH_WAITS_MS,
        minBytes: 1,
        maxBytes: size,
        isolationLevel: READ_UNCOMMITTED,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: size }] }],
      });
      const messages = response.responses.flatMap(({ partitions }) =>
        partitions.flatMap((each) => each.messages),
      );
      const found = messages.filter((message) => Number(message.offset) >= offset);
      if (found.length > 0) return found;
      // If the response contained no record, request more bytes: compaction may have removed the remaining
      // records of the first batch, and the next batch may be larger than `size` bytes.
      size *= 2;
    } catch (err) {
      failure = err;
      await sleep(PAUSE_MS);
      await cluster.refreshMetadata().catch(() => undefined);
    }
  }
  throw failure;
}

async function leaderOf(cluster: Cluster, topic: string, partition: number): Promise<Broker> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined) throw new Error(`Partition ${partition} of ${topic} has no leader at present.`);
  return cluster.findBroker({ nodeId });
}
