import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Cluster, Kafka, KafkaMessage } from 'kafkajs';
import type { BusRecord } from '../bus.ts';
import type { PartitionRange } from '../reader.ts';
import { withAdmin } from './admin.ts';
import { toRecord } from './records.ts';

const FETCH_WAITS_MS = 500;
const BYTES_AT_ONCE = 1024 * 1024;
const TRIES = 10;
const PAUSE_MS = 200;
const READ_UNCOMMITTED = 0;

/** What each partition holds now, by partition. @throws Error if there is no such topic */
export async function rangesOf(kafka: Kafka, topic: string): Promise<readonly PartitionRange[]> {
  const ends = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  return ends
    .map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }))
    .toSorted((a, b) => a.partition - b.partition);
}

/** Reads a range once, a fetch at a time, in order. Joins no group. */
export async function* readPartition(
  kafka: Kafka,
  topic: string,
  { partition, start, end }: PartitionRange,
): AsyncGenerator<readonly BusRecord[]> {
  if (start >= end) return;
  const { cluster, disconnect } = await borrowCluster(kafka, topic);
  try {
    for (let at = start; at < end; ) {
      const messages = await fetchFrom(cluster, topic, partition, at);
      const records = messages
        .filter(({ offset }) => Number(offset) >= at && Number(offset) < end)
        .map((message) => toRecord(topic, partition, message));
      if (records.length > 0) yield records;
      at = Math.max(at, Number(messages.at(-1)?.offset ?? at) + 1);
    }
  } finally {
    await disconnect();
  }
}

/**
 * A connection that fetches without a group. kafkajs hands it to partition assigners alone, when a consumer is
 * made; this consumer never runs, so that the group does not come to be and needs no right of its own.
 */
async function borrowCluster(kafka: Kafka, topic: string) {
  const borrowed: Cluster[] = [];
  const consumer = kafka.consumer({
    groupId: 'never-joined',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        borrowed.push(cluster);
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  const [cluster] = borrowed;
  if (!cluster) throw new Error('This version of kafkajs makes its assigners later.');
  await consumer.connect();
  await cluster.addMultipleTargetTopics([topic]);
  return { cluster, disconnect: () => consumer.disconnect() };
}

/** The part of kafkajs's answer to a fetch (there without a type) that is read here. */
interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { readonly messages: readonly KafkaMessage[] }[];
  }[];
}

/** At least one record from the offset on. @throws the last failure, or Error if nothing came */
async function fetchFrom(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
): Promise<readonly KafkaMessage[]> {
  let failure: unknown = new Error(`Nothing can be read of partition ${partition} of ${topic} at ${offset}.`);
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const broker = await leaderOf(cluster, topic, partition);
      const answer: FetchAnswer = await broker.fetch({
        maxWaitTime: FETCH_WAITS_MS,
        minBytes: 1,
        maxBytes: BYTES_AT_ONCE,
        isolationLevel: READ_UNCOMMITTED,
        topics: [
          { topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: BYTES_AT_ONCE }] },
        ],
      });
      const messages = answer.responses.flatMap(({ partitions }) =>
        partitions.flatMap((each) => each.messages),
      );
      if (messages.length > 0) return messages;
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
