import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import { type CompactionSpec, computeSegmentDurationMs, type TopicSpec } from '../bus.ts';
import { isRetriableKafkaError, KafkaUnavailableError } from './failures.ts';

const { ConfigResourceTypes } = kafkajs;

export interface TopicReplication {
  /** The number of replicas that each partition of a topic has. */
  readonly factor: number;
  /** How many replicas must have stored a record before the record is acknowledged. */
  readonly minInSync: number;
}

const PRODUCTION: TopicReplication = { factor: 3, minInSync: 2 };
const SINGLE_BROKER: TopicReplication = { factor: 1, minInSync: 1 };

/** Kafka's default for the maximum size of a batch, in bytes: 1 MiB and the header of a batch. */
const LARGEST_BATCH_BYTES = 1_048_588;

/**
 * Returns the replication for a number of brokers: three replicas if there are at least three brokers,
 * otherwise one.
 */
export function chooseReplication(brokerCount: number): TopicReplication {
  return brokerCount >= PRODUCTION.factor ? PRODUCTION : SINGLE_BROKER;
}

export interface KafkaTopic extends TopicSpec {
  /** The largest batch of records, in bytes. Default: 1 MiB. */
  readonly largestBatchBytes?: number;
}

/**
 * Returns the topic settings on which the guarantees of the log depend. With `uncompressed`, the broker
 * decompresses what clients have compressed. kafkajs can read only gzip, so a single record that another
 * client has compressed with snappy, lz4 or zstd would stop every reader that uses kafkajs.
 */
export function requiredTopicConfigOf(
  topic: KafkaTopic,
  { minInSync }: TopicReplication,
): Readonly<Record<string, string>> {
  return {
    ...(topic.compaction === undefined ? { 'cleanup.policy': 'delete' } : compacted(topic.compaction)),
    'retention.ms': String(topic.retentionMs),
    'retention.bytes': '-1',
    'min.insync.replicas': String(minInSync),
    'unclean.leader.election.enable': 'false',
    'compression.type': 'uncompressed',
    'max.message.bytes': String(topic.largestBatchBytes ?? LARGEST_BATCH_BYTES),
    'message.timestamp.type': 'CreateTime',
  };
}

/**
 * Returns the settings of a compacted topic. Without a maximum lag, the broker compacts a partition only
 * once as much as half of its data may have been replaced.
 */
function compacted({ maxLagMs }: CompactionSpec): Readonly<Record<string, string>> {
  if (maxLagMs === undefined) return { 'cleanup.policy': 'compact' };
  return {
    'cleanup.policy': 'compact',
    'max.compaction.lag.ms': String(maxLagMs),
    'min.compaction.lag.ms': '0',
    'segment.ms': String(computeSegmentDurationMs(maxLagMs)),
  };
}

/**
 * Returns the replication for topics that are about to be created. If exactly two brokers respond, a third
 * one may be down at the moment. The replication of a topic cannot be changed later, so the function throws
 * in that case.
 * @throws KafkaUnavailableError if exactly two brokers respond
 */
export function chooseReplicationForNewTopics(brokerCount: number): TopicReplication {
  if (brokerCount !== PRODUCTION.factor - 1) return chooseReplication(brokerCount);
  throw new KafkaUnavailableError(
    'KAFKA_BROKERS: only two brokers answer. If the cluster has a third broker, start it first, because topics that are created now would permanently have only one copy. If the cluster has only two brokers, choose the number of copies: npm run ops -- topics --replication N --min-insync M',
  );
}

/**
 * Checks the existing topics, then creates the missing ones. Creates none if an existing topic differs from
 * its specification.
 * @throws Error with a one-line message if an existing topic differs
 */
export async function ensureTopics(
  admin: Admin,
  topics: readonly KafkaTopic[],
  given: TopicReplication | undefined,
): Promise<void> {
  const brokers = await brokersOf(admin);
  const missing = await missingOf(admin, topics, given ?? chooseReplication(brokers));
  if (missing.length === 0) return;
  const replication = given ?? chooseReplicationForNewTopics(brokers);
  const made = await admin.createTopics({
    topics: missing.map((topic) => toConfig(topic, replication)),
    waitForLeaders: false,
  });
  await waitUntilTopicsAreKnown(
    admin,
    missing.map(({ name }) => name),
    brokers,
  );
  if (!made) await refuseDifferences(admin, missing, replication);
}

/**
 * Checks that all topics exist with the required settings. Creates nothing.
 * @param command the command that creates them, for the error message
 * @throws Error with a one-line message naming what is missing or differs
 */
export async function checkTopics(
  admin: Admin,
  topics: readonly KafkaTopic[],
  given: TopicReplication | undefined,
  command: string,
): Promise<void> {
  const missing = await missingOf(admin, topics, given ?? chooseReplication(await brokersOf(admin)));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new Error(`KAFKA_BROKERS: Kafka lacks ${names}, or this user may not see it. Run: ${command}`);
}

/** Returns the key of the first record of each partition that has one. */
export type ReadFirstKeyOfEachPartition = (topic: string) => Promise<readonly (Buffer | null)[]>;

/**
 * Returns a sentence for each topic that Kafka compacts although several of its records have the same key.
 * Reads only the first record of each partition. This is enough: an earlier release wrote the records with
 * shared keys, so they precede all others, and compaction always keeps the last record of a key.
 */
export async function findCompactedTopicsWithSharedKeys(
  admin: Admin,
  topics: readonly KafkaTopic[],
  firstKeys: ReadFirstKeyOfEachPartition,
): Promise<readonly string[]> {
  const checked = topics.filter(({ compaction }) => compaction?.sharesKey !== undefined);
  const states = await describeTopics(
    admin,
    checked.map(({ name }) => name),
  );
  const faults: string[] = [];
  for (const { name } of states.filter(({ isCompacted }) => isCompacted)) {
    const sharesKey = checked.find((topic) => topic.name === name)?.compaction?.sharesKey;
    if (sharesKey && (await firstKeys(name)).some(sharesKey)) faults.push(sharedKeyFault(name));
  }
  return faults;
}

/**
 * Describes the fault of a compacted topic in which several records have the same key, and says what to do.
 */
function sharedKeyFault(name: string): string {
  return `The topic ${name} is compacted, but has records of release 0.1, which share their keys: the broker deletes events. Immediately set cleanup.policy of the topic to delete (kafka-configs), then write a new topic: npm run ops -- republish --to (docs/upgrading.md).`;
}

/**
 * Returns a sentence for each fault. The faults are: a topic is missing, a setting differs from the required
 * one, somebody has added partitions to a topic, or Kafka compacts a topic although several of its records
 * have the same key.
 */
export async function findTopicFaults(
  admin: Admin,
  topics: readonly KafkaTopic[],
  {
    replication: given,
    firstKeys,
  }: { readonly replication: TopicReplication | undefined; readonly firstKeys: ReadFirstKeyOfEachPartition },
): Promise<readonly string[]> {
  const present = new Set(await admin.listTopics());
  const { made = [], missing = [] } = Object.groupBy(topics, ({ name }) =>
    present.has(name) ? 'made' : 'missing',
  );
  const replication = given ?? chooseReplication(await brokersOf(admin));
  return [
    ...missing.map(({ name }) => `The topic ${name} is missing.`),
    ...(await differencesOfAll(admin, made, replication)),
    ...(await addedPartitions(admin, made)),
    ...(await findCompactedTopicsWithSharedKeys(admin, made, firstKeys)),
  ];
}

async function addedPartitions(admin: Admin, topics: readonly KafkaTopic[]): Promise<readonly string[]> {
  const found = await lookUp(
    admin,
    topics.map(({ name }) => name),
  );
  return topics.flatMap(({ name, partitions }) => {
    const actual = found.find((each) => each.name === name)?.partitions.length ?? 0;
    return actual > partitions
      ? [`The topic ${name} has ${actual} partitions; only the first ${partitions} are written to.`]
      : [];
  });
}

/**
 * Creates a topic with the replication factor of an existing one.
 * @returns false if a topic of that name exists, whatever its settings
 */
export async function createTopicWithSameReplication(
  admin: Admin,
  topic: KafkaTopic,
  existingTopic: string,
): Promise<boolean> {
  if ((await admin.listTopics()).includes(topic.name)) return false;
  return admin.createTopics({ topics: [toConfig(topic, await replicationOf(admin, existingTopic))] });
}

/**
 * Compares an existing topic with the topic that `createTopicWithSameReplication` would create.
 * @returns one sentence for each difference
 */
export async function describeDifferencesFromNewTopic(
  admin: Admin,
  topic: KafkaTopic,
  like: string,
): Promise<readonly string[]> {
  return differencesOfAll(admin, [topic], await replicationOf(admin, like));
}

/**
 * Returns the replication of an existing topic. Replicas on brokers that are currently down count as well.
 */
async function replicationOf(admin: Admin, topic: string): Promise<TopicReplication> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const factor = copiesOf(topics.flatMap(({ partitions }) => partitions));
  return { factor, minInSync: chooseReplication(factor).minInSync };
}

/** Returns the replication factor of the partition with the fewest replicas. */
function copiesOf(partitions: Found['partitions']): number {
  return Math.min(...partitions.map(({ replicas }) => replicas.length));
}

/**
 * Returns the specified topics that do not exist. @throws Error if an existing topic differs from its
 * specification
 */
async function missingOf(
  admin: Admin,
  topics: readonly KafkaTopic[],
  replication: TopicReplication,
): Promise<readonly KafkaTopic[]> {
  const present = new Set(await admin.listTopics());
  const { made = [], missing = [] } = Object.groupBy(topics, ({ name }) =>
    present.has(name) ? 'made' : 'missing',
  );
  await refuseDifferences(admin, made, replication);
  return missing;
}

/**
 * Waits until every broker knows the topics that were just created, and their leaders. Directly after the
 * creation, some brokers still report that the topics do not exist. kafkajs sends each request to a random
 * broker, and to the next one if that broker fails. This function therefore lists all topics, which every
 * broker can do, so often that very probably every broker has responded at least once.
 * @throws KafkaUnavailableError after ten seconds
 */
export async function waitUntilTopicsAreKnown(
  admin: Admin,
  names: readonly string[],
  brokerCount: number,
): Promise<void> {
  const giveUpAt = performance.now() + KNOWN_WITHIN_MS;
  for (let known = 0; known < LOOKS_PER_BROKER * brokerCount; ) {
    if (performance.now() > giveUpAt)
      throw new KafkaUnavailableError(
        `KAFKA_BROKERS: created ${names.join(', ')}, but not every broker knows these topics yet.`,
      );
    if (await areKnown(admin, names)) {
      known += 1;
    } else {
      known = 0;
      await pause(LOOK_AGAIN_MS);
    }
  }
}

const KNOWN_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;
const LOOKS_PER_BROKER = 10;

/**
 * Returns whether the broker that responded knows the topics, and whether their leaders accept requests.
 * Directly after a topic was created, its partitions may have no leader yet, or a broker may not know yet
 * that it is the leader.
 */
async function areKnown(admin: Admin, names: readonly string[]): Promise<boolean> {
  try {
    const listed = new Set(await admin.listTopics());
    if (!names.every((name) => listed.has(name))) return false;
    for (const name of names) await admin.fetchTopicOffsets(name);
    return true;
  } catch (error) {
    // Treat a TypeError as an outage: if no broker responds, kafkajs reads a property of null.
    if (error instanceof TypeError || isRetriableKafkaError(error)) return false;
    throw error;
  }
}

async function brokersOf(admin: Admin): Promise<number> {
  return (await admin.describeCluster()).brokers.length;
}

function toConfig(topic: KafkaTopic, replication: TopicReplication): ITopicConfig {
  return {
    topic: topic.name,
    numPartitions: topic.partitions,
    replicationFactor: replication.factor,
    configEntries: Object.entries(requiredTopicConfigOf(topic, replication)).map(([name, value]) => ({
      name,
      value,
    })),
  };
}

/** The properties of an existing topic that matter to consumers and operators. */
export interface KafkaTopicState {
  readonly name: string;
  readonly partitions: number;
  /** The replication factor of the partition with the fewest replicas. */
  readonly copies: number;
  readonly minInSync: number;
  readonly retentionMs: number;
  /**
   * The time after which an append begins a new segment, in ms. Kafka deletes old records one segment at a
   * time.
   */
  readonly segmentMs: number;
  /** Whether a later record replaces an earlier one with the same key. */
  readonly isCompacted: boolean;
  /**
   * The maximum time before Kafka removes a replaced record, in ms, as in `CompactionSpec`; undefined if the
   * topic is not compacted.
   */
  readonly maxLagMs?: number;
}

/** Returns the existing topics, in the given order. */
export async function describeTopics(
  admin: Admin,
  names: readonly string[],
): Promise<readonly KafkaTopicState[]> {
  const present = new Set(await admin.listTopics());
  const found = await lookUp(
    admin,
    names.filter((name) => present.has(name)),
  );
  return found.map(({ name, partitions, settings }) => {
    const actual = new Map(settings.map(({ configName, configValue }) => [configName, configValue]));
    const isCompacted = actual.get('cleanup.policy') === 'compact';
    return {
      name,
      partitions: partitions.length,
      copies: copiesOf(partitions),
      minInSync: Number(actual.get('min.insync.replicas')),
      retentionMs: Number(actual.get('retention.ms')),
      segmentMs: Number(actual.get('segment.ms')),
      isCompacted,
      ...(isCompacted && { maxLagMs: Number(actual.get('max.compaction.lag.ms')) }),
    };
  });
}

async function refuseDifferences(
  admin: Admin,
  topics: readonly KafkaTopic[],
  replication: TopicReplication,
): Promise<void> {
  const differences = await differencesOfAll(admin, topics, replication);
  if (differences.length > 0) throw new Error(`${differences.join(' ')} ${WHAT_TO_DO}`);
}

async function differencesOfAll(
  admin: Admin,
  topics: readonly KafkaTopic[],
  replication: TopicReplication,
): Promise<readonly string[]> {
  const names = topics.map(({ name }) => name);
  const found = new Map((await lookUp(admin, names)).map((each) => [each.name, each]));
  return topics.flatMap((topic) =>
    describeTopicDifferences(topic, replication, found.get(topic.name) ?? { partitions: [], settings: [] }),
  );
}

const WHAT_TO_DO =
  "No topic was changed. Change the topic with Kafka's own tools (kafka-configs, kafka-reassign-partitions), or give Latchkey the value that the topic has.";

/** Returns the partitions and settings of the topics that exist. */
async function lookUp(
  admin: Admin,
  names: readonly string[],
): Promise<readonly (Found & { readonly name: string })[]> {
  if (names.length === 0) return [];
  const { topics: layouts } = await admin.fetchTopicMetadata({ topics: [...names] });
  const { resources } = await admin.describeConfigs({
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
    includeSynonyms: false,
  });
  return names.map((name) => ({
    name,
    partitions: layouts.find((layout) => layout.name === name)?.partitions ?? [],
    settings: resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [],
  }));
}

interface Found {
  readonly partitions: readonly { readonly replicas: readonly number[] }[];
  readonly settings: readonly { readonly configName: string; readonly configValue: string }[];
}

/**
 * Returns one sentence per difference between a topic and its required settings. Additional replicas and
 * partitions are not reported. A topic that is not compacted is not reported either, because an earlier
 * release may have created the topic with several records per key.
 */
export function describeTopicDifferences(
  requiredTopic: KafkaTopic,
  replication: TopicReplication,
  found: Found,
): string[] {
  const actual = new Map(found.settings.map(({ configName, configValue }) => [configName, configValue]));
  const copies = copiesOf(found.partitions);
  function differs(setting: string, is: unknown, wanted: unknown) {
    return `The topic ${requiredTopic.name} exists with ${setting} ${is}, not ${wanted}.`;
  }
  const { compaction: _, ...uncompacted } = requiredTopic;
  const keepsAll = actual.get('cleanup.policy') === 'delete';
  const differences = Object.entries(
    requiredTopicConfigOf(keepsAll ? uncompacted : requiredTopic, replication),
  )
    .filter(([name, wanted]) => !isAsWanted(name, actual.get(name), wanted))
    .map(([name, wanted]) => differs(name, actual.get(name) ?? 'unknown', wanted));
  if (copies < replication.factor)
    differences.unshift(differs('replication factor', copies, replication.factor));
  if (found.partitions.length < requiredTopic.partitions)
    differences.unshift(differs('partitions', found.partitions.length, requiredTopic.partitions));
  return differences;
}

function isAsWanted(name: string, actual: string | undefined, wanted: string): boolean {
  return name === 'min.insync.replicas' ? Number(actual) >= Number(wanted) : actual === wanted;
}
