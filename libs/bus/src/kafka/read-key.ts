import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Cluster, Kafka, KafkaMessage } from 'kafkajs';
import type { BusRecord } from '../bus.ts';
import { withAdmin } from './admin.ts';
import { toRecord } from './records.ts';

const FETCH_WAITS_MS = 500;
const BYTES_AT_ONCE = 1024 * 1024;
const TRIES = 10;
const PAUSE_MS = 200;
const READ_UNCOMMITTED = 0;

export interface KeyQuery {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly fromOffset: number;
}

/** Reads a partition once, up to the end that it has now, and yields what has the key. Joins no group. */
export async function* readKey(kafka: Kafka, query: KeyQuery): AsyncGenerator<BusRecord> {
  const { topic, partition } = query;
  const key = Buffer.from(query.key);
  const { low, high } = await endsOf(kafka, query);
  const { cluster, disconnect } = await borrowCluster(kafka, topic);
  try {
    for (let at = Math.max(low, query.fromOffset); at < high; ) {
      const messages = await fetchFrom(cluster, query, at);
      for (const message of messages) {
        const offset = Number(message.offset);
        if (offset < at || offset >= high || !message.key?.equals(key)) continue;
        yield toRecord(topic, partition, message);
      }
      at = Math.max(at, Number(messages.at(-1)?.offset ?? at) + 1);
    }
  } finally {
    await disconnect();
  }
}

async function endsOf(kafka: Kafka, { topic, partition }: KeyQuery): Promise<{ low: number; high: number }> {
  const ends = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  const found = ends.find((each) => each.partition === partition);
  if (!found) throw new Error(`The topic ${topic} has no partition ${partition}.`);
  return { low: Number(found.low), high: Number(found.high) };
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
  { topic, partition }: KeyQuery,
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
