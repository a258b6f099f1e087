import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import type { TopicSpec } from '../bus.ts';
import { KafkaUnavailableError } from './failures.ts';

const { ConfigResourceTypes } = kafkajs;

export interface Replication {
  /** Copies of each partition. */
  readonly factor: number;
  /** How many copies must have a record before it is acknowledged. */
  readonly minInSync: number;
}

const PRODUCTION: Replication = { factor: 3, minInSync: 2 };
const SINGLE_BROKER: Replication = { factor: 1, minInSync: 1 };

/** Kafka's default, 1 MiB and the head of a batch, said explicitly. */
const LARGEST_BATCH_BYTES = 1_048_588;

/** Three copies where there are three brokers to hold them. */
export function replicationFor(brokers: number): Replication {
  return brokers >= PRODUCTION.factor ? PRODUCTION : SINGLE_BROKER;
}

export interface KafkaTopic extends TopicSpec {
  /** Default 1 MiB. */
  readonly largestBatchBytes?: number;
}

/**
 * Every setting that the log's promises rest on. `uncompressed` has the broker unpack what others pack: kafkajs
 * reads gzip alone, and one record in snappy, lz4 or zstd would stop every reader that uses it.
 */
export function settingsOf(topic: KafkaTopic, { minInSync }: Replication): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
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
 * Of topics that are to be made: copies are for good, and of three brokers one may just be away.
 * @throws KafkaUnavailableError where two brokers answer
 */
export function replicationToMake(brokers: number): Replication {
  if (brokers !== PRODUCTION.factor - 1) return replicationFor(brokers);
  throw new KafkaUnavailableError(
    'KAFKA_BROKERS: two brokers answer. Where a third is away, it must come back first: topics made now would have one copy for good. Where there is none, say how many copies there are to be: npm run ops -- topics --replication N --min-insync M',
  );
}

/**
 * Checks the topics that exist, then makes the others: a difference leaves nothing half-made.
 * @throws Error of one line
 */
export async function ensureTopics(
  admin: Admin,
  topics: readonly KafkaTopic[],
  given: Replication | undefined,
): Promise<void> {
  const brokers = await brokersOf(admin);
  const missing = await missingOf(admin, topics, given ?? replicationFor(brokers));
  if (missing.length === 0) return;
  const replication = given ?? replicationToMake(brokers);
  const made = await admin.createTopics({
    topics: missing.map((topic) => toConfig(topic, replication)),
    waitForLeaders: false,
  });
  await untilKnown(
    admin,
    missing.map(({ name }) => name),
    brokers,
  );
  if (!made) await refuseDifferences(admin, missing, replication);
}

/**
 * Looks whether all are there as they have to be. Makes nothing.
 * @param command what makes them, to be named in the error
 * @throws Error of one line
 */
export async function checkTopics(
  admin: Admin,
  topics: readonly KafkaTopic[],
  given: Replication | undefined,
  command: string,
): Promise<void> {
  const missing = await missingOf(admin, topics, given ?? replicationFor(await brokersOf(admin)));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new Error(`KAFKA_BROKERS: Kafka lacks ${names}, or this user may not see it. Run: ${command}`);
}

/** Makes a topic in as many copies as another one has. @returns false if there is one of its name, whatever its settings */
export async function makeLike(admin: Admin, topic: KafkaTopic, like: string): Promise<boolean> {
  if ((await admin.listTopics()).includes(topic.name)) return false;
  return admin.createTopics({ topics: [toConfig(topic, await replicationOf(admin, like))] });
}

/** In what a topic that exists is not as `makeLike` would make it: a sentence each. */
export async function differencesLike(
  admin: Admin,
  topic: KafkaTopic,
  like: string,
): Promise<readonly string[]> {
  return differencesOfAll(admin, [topic], await replicationOf(admin, like));
}

/** By the copies that a topic has: brokers that are away at the moment do not count for what is to last. */
async function replicationOf(admin: Admin, topic: string): Promise<Replication> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const factor = copiesOf(topics.flatMap(({ partitions }) => partitions));
  return { factor, minInSync: replicationFor(factor).minInSync };
}

/** Of the partition that has the fewest. */
function copiesOf(partitions: Found['partitions']): number {
  return Math.min(...partitions.map(({ replicas }) => replicas.length));
}

/** Those that are not there. @throws Error where one that is there differs */
async function missingOf(
  admin: Admin,
  topics: readonly KafkaTopic[],
  replication: Replication,
): Promise<readonly KafkaTopic[]> {
  const present = new Set(await admin.listTopics());
  const { made = [], missing = [] } = Object.groupBy(topics, ({ name }) =>
    present.has(name) ? 'made' : 'missing',
  );
  await refuseDifferences(admin, made, replication);
  return missing;
}

/**
 * Waits until every broker knows topics that were just made, and their leaders: it is a moment later on others than on
 * the one that was asked, and who looks there meanwhile is told that there is no such topic. kafkajs asks a random
 * broker each time, and the next one where that one refuses: so they are asked for all topics, which none refuses, and
 * so often that each of them has been asked.
 */
async function untilKnown(admin: Admin, names: readonly string[], brokers: number): Promise<void> {
  const giveUpAt = performance.now() + KNOWN_WITHIN_MS;
  for (let known = 0; known < LOOKS_PER_BROKER * brokers; ) {
    if (performance.now() > giveUpAt)
      throw new KafkaUnavailableError(
        `KAFKA_BROKERS: ${names.join(', ')}: made, but not all brokers know them yet.`,
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

/** Whether the broker that was asked knows them; one that knows of no leader for a topic is passed by. */
async function areKnown(admin: Admin, names: readonly string[]): Promise<boolean> {
  try {
    const listed = new Set(await admin.listTopics());
    return names.every((name) => listed.has(name));
  } catch (error) {
    // Where no broker can say, kafkajs reads on from null.
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function brokersOf(admin: Admin): Promise<number> {
  return (await admin.describeCluster()).brokers.length;
}

function toConfig(topic: KafkaTopic, replication: Replication): ITopicConfig {
  return {
    topic: topic.name,
    numPartitions: topic.partitions,
    replicationFactor: replication.factor,
    configEntries: Object.entries(settingsOf(topic, replication)).map(([name, value]) => ({ name, value })),
  };
}

/** A topic as it is, in what its readers and operators ask for. */
export interface TopicState {
  readonly name: string;
  readonly partitions: number;
  /** Of the partition that has the fewest. */
  readonly copies: number;
  readonly minInSync: number;
  readonly retentionMs: number;
}

/** Those that exist, in the order given. */
export async function describeTopics(admin: Admin, names: readonly string[]): Promise<readonly TopicState[]> {
  const present = new Set(await admin.listTopics());
  const found = await lookUp(
    admin,
    names.filter((name) => present.has(name)),
  );
  return found.map(({ name, partitions, settings }) => {
    const actual = new Map(settings.map(({ configName, configValue }) => [configName, configValue]));
    return {
      name,
      partitions: partitions.length,
      copies: copiesOf(partitions),
      minInSync: Number(actual.get('min.insync.replicas')),
      retentionMs: Number(actual.get('retention.ms')),
    };
  });
}

async function refuseDifferences(
  admin: Admin,
  topics: readonly KafkaTopic[],
  replication: Replication,
): Promise<void> {
  const differences = await differencesOfAll(admin, topics, replication);
  if (differences.length > 0) throw new Error(`${differences.join(' ')} ${WHAT_TO_DO}`);
}

async function differencesOfAll(
  admin: Admin,
  topics: readonly KafkaTopic[],
  replication: Replication,
): Promise<readonly string[]> {
  const names = topics.map(({ name }) => name);
  const found = new Map((await lookUp(admin, names)).map((each) => [each.name, each]));
  return topics.flatMap((topic) =>
    differencesOf(topic, replication, found.get(topic.name) ?? { partitions: [], settings: [] }),
  );
}

const WHAT_TO_DO =
  "Nothing was altered: change it with Kafka's own tools (kafka-configs, kafka-reassign-partitions), or give the right value here.";

/** How topics that exist are laid out, and their settings. */
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

/** One sentence per difference. More copies than wanted are none. */
export function differencesOf(topic: KafkaTopic, replication: Replication, found: Found): string[] {
  const actual = new Map(found.settings.map(({ configName, configValue }) => [configName, configValue]));
  const copies = copiesOf(found.partitions);
  function differs(setting: string, is: unknown, wanted: unknown) {
    return `The topic ${topic.name} exists with ${setting} ${is}, not ${wanted}.`;
  }
  const differences = Object.entries(settingsOf(topic, replication))
    .filter(([name, wanted]) => !isAsWanted(name, actual.get(name), wanted))
    .map(([name, wanted]) => differs(name, actual.get(name) ?? 'unknown', wanted));
  if (copies < replication.factor)
    differences.unshift(differs('replication factor', copies, replication.factor));
  if (found.partitions.length !== topic.partitions)
    differences.unshift(differs('partitions', found.partitions.length, topic.partitions));
  return differences;
}

function isAsWanted(name: string, actual: string | undefined, wanted: string): boolean {
  return name === 'min.insync.replicas' ? Number(actual) >= Number(wanted) : actual === wanted;
}
