/**
 * Reads everything that a system has stored: from MongoDB with the plain driver, from topics with kcat, and the
 * positions of groups with kafkajs.
 */
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { type Db, MongoClient } from 'mongodb';
import { isHeartbeat, readTopic } from '../../support/kcat.ts';
import type { ClusterAddresses, DataFolder } from '../run-folder.ts';
import { readDataFolder } from '../system/data-folder.ts';
import { restoreErasedCommits } from './erasure-rules.ts';
import { selectGenuineRecords } from './forged-rules.ts';
import { createJournal, type Journal } from './journal.ts';
import type {
  Commit,
  GroupLag,
  StoreContents,
  StoredCutoffs,
  StoredDelivery,
  StoredErasure,
  StoredLease,
  StoredProfile,
  StoredRequest,
  TopicRecord,
} from './stored.ts';
import { EVENT_TOPICS, listConsumerGroups } from './topic-rules.ts';

/**
 * Reads the stores one after the other, in the direction in which data flows. Each read therefore sees the effects of
 * everything that the earlier reads have seen.
 */
export async function readStores(servers: ClusterAddresses | DataFolder): Promise<StoreContents> {
  if ('DATA_DIR' in servers) return readDataFolder(servers.DATA_DIR);
  const { KAFKA_BROKERS, MONGO_URL } = servers;
  const client = await MongoClient.connect(MONGO_URL);
  const kafka = new Kafka({
    brokers: KAFKA_BROKERS.split(','),
    clientId: 'checker',
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const all = readerOf(client.db());
    const requests = await all<StoredRequest>('auth_requests');
    const commits = await all<Commit>('auth_commits');
    const generations = await generationsIn(client.db());
    const topics = await readTopics(admin, KAFKA_BROKERS, generations);
    const [profiles = [], ...rebuiltProfiles] = await Promise.all(
      generations.map((name) => all<StoredProfile>(name)),
    );
    return {
      requests,
      commits,
      ...topics,
      profiles,
      rebuiltProfiles,
      deliveries: await all<StoredDelivery>('notifier_deliveries'),
      cutoffs: await all<StoredCutoffs>('notifier_cutoffs'),
      leases: await all<StoredLease>('auth_leases'),
      erasures: await all<StoredErasure>('auth_erasures'),
    };
  } finally {
    await admin.disconnect();
    await client.close();
  }
}

async function generationsIn(db: Db): Promise<readonly string[]> {
  const collections = await db.listCollections().toArray();
  return collections
    .map(({ name }) => name)
    .filter((name) => /^user_profiles_v\d+$/.test(name))
    .toSorted();
}

/** The original content of events that the topics no longer contain. */
export interface OriginalEvents {
  /** Records that a fault has deleted from their topic. */
  readonly removed?: readonly TopicRecord[];
  /**
   * Commits as they were before the standalone replaced them. The standalone was later moved to the cluster.
   */
  readonly replaced?: readonly Commit[];
}

/** Returns the journal as it was before erasures, with the original content of every event. */
export async function readJournal(
  { KAFKA_BROKERS, MONGO_URL }: ClusterAddresses,
  { removed = [], replaced = [] }: OriginalEvents,
): Promise<Journal> {
  const client = await MongoClient.connect(MONGO_URL);
  try {
    const commits = await readerOf(client.db())<Commit>('auth_commits');
    const records = await readRecords(KAFKA_BROKERS);
    return createJournal(restoreErasedCommits(commits, selectGenuineRecords(records, removed), replaced));
  } finally {
    await client.close();
  }
}

/** Returns the names of all topics. */
export async function listTopics(brokers: string): Promise<readonly string[]> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'checker', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

/** Returns every record of the given topics, except heartbeats. Default: the topics of events. */
export async function readRecords(
  brokers: string,
  topics: readonly string[] = EVENT_TOPICS,
): Promise<readonly TopicRecord[]> {
  const records = topics.map(async (topic) =>
    (await readTopic(brokers, topic))
      .filter((record) => !isHeartbeat(record))
      .map((record) => ({ topic, ...record })),
  );
  return (await Promise.all(records)).flat();
}

function readerOf(db: Db) {
  return async <Document>(collection: string): Promise<readonly Document[]> =>
    // Assume the documented type of the documents without checking it: the rules of the checker find invalid
    // documents.
    (await db.collection(collection).find().toArray()) as unknown as Document[];
}

async function readTopics(
  admin: Admin,
  brokers: string,
  generations: readonly string[],
): Promise<Pick<StoreContents, 'records' | 'deadLetters' | 'lags'>> {
  const deadLetterTopics = (await admin.listTopics()).filter((topic) => topic.includes('.dlq.'));
  // Request the positions one topic after the other: if two topics are requested concurrently, kafkajs may
  // return no partitions for one of the topics.
  const lags: GroupLag[] = [];
  for (const [group, topic] of listConsumerGroups(generations)) lags.push(await lagOf(admin, group, topic));
  return {
    lags,
    records: await readRecords(brokers),
    deadLetters: await readRecords(brokers, deadLetterTopics),
  };
}

/** Returns how many records a group has left to read. A group without a stored position has read nothing. */
async function lagOf(admin: Admin, group: string, topic: string): Promise<GroupLag> {
  const [kept] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const reached = new Map(
    (kept?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]),
  );
  const ends = await admin.fetchTopicOffsets(topic);
  const lag = ends.reduce((sum, { partition, high, low }) => {
    const position = Math.max(Number(low), reached.get(partition) ?? -1);
    return sum + Number(high) - position;
  }, 0);
  return { group, topic, lag };
}
