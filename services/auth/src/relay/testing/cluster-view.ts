/**
 * Reads the state and content of a topic directly from the Kafka cluster. Uses plain kafkajs, so that a bug
 * in our bus cannot affect the result.
 */
import kafkajs, { type Admin, type Kafka, type PartitionMetadata } from 'kafkajs';
import { getAccountIdOfRecord } from './account-of-record.ts';

const { Partitioners, logLevel } = kafkajs;

export function createKafkaClient(brokers: readonly string[]): Kafka {
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId: 'quorum-trial',
    logLevel: logLevel.NOTHING,
    retry: { retries: 1000, initialRetryTime: 100, maxRetryTime: 500 },
  });
}

export interface ClusterView {
  /** Returns the id of the broker that leads the partition of an account. */
  leaderOf(account: string): number | undefined;
  /** Whether every partition has a leader and all replicas of every partition are in sync. */
  readonly whole: boolean;
}

export async function describeCluster(kafka: Kafka, topic: string): Promise<ClusterView> {
  const partitions = await withAdmin(kafka, (admin) => partitionsOf(admin, topic));
  const leaders = new Map(partitions.map(({ partitionId, leader }) => [partitionId, leader]));
  const partitioner = Partitioners.DefaultPartitioner();
  return {
    leaderOf: (account) =>
      leaders.get(
        partitioner({ topic, partitionMetadata: [...partitions], message: { key: account, value: null } }),
      ),
    whole: partitions.every(({ leader, replicas, isr }) => leader >= 0 && isr.length === replicas.length),
  };
}

async function partitionsOf(admin: Admin, topic: string): Promise<readonly PartitionMetadata[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics.flatMap(({ partitions }) => partitions);
}

export interface TopicContentSummary {
  /** The event ids of each account, in the order of their first occurrence on the topic. */
  readonly firsts: ReadonlyMap<string, readonly string[]>;
  readonly records: number;
  readonly duplicates: number;
}

/** Reads a topic from its beginning to the end that it has at the time of the call. */
export async function summarizeTopic(kafka: Kafka, topic: string): Promise<TopicContentSummary> {
  const ends = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  const left = new Map(
    ends.filter(({ high }) => Number(high) > 0).map((end) => [end.partition, Number(end.high)]),
  );
  const firsts = new Map<string, Set<string>>();
  let records = 0;
  let duplicates = 0;
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const consumer = kafka.consumer({
    groupId: `reader-${crypto.randomUUID()}`,
    allowAutoTopicCreation: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message: { key, headers, offset } }) => {
      const account = getAccountIdOfRecord({ key });
      const ids = firsts.get(account) ?? new Set();
      const id = String(headers?.['ce_id']);
      records += 1;
      if (ids.has(id)) duplicates += 1;
      firsts.set(account, ids.add(id));
      if (Number(offset) + 1 >= (left.get(partition) ?? 0)) left.delete(partition);
      if (left.size === 0) resolve();
    },
  });
  await done;
  await consumer.disconnect();
  return {
    firsts: new Map([...firsts].map(([account, ids]) => [account, [...ids]])),
    records,
    duplicates,
  };
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
