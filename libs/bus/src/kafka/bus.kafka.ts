import type { Admin } from 'kafkajs';
import type { Bus, BusSubscribeOptions, BusSubscription, ConsumerGroups, TopicSpec } from '../bus.ts';
import type { LogTail } from '../tail.ts';
import { createKafkaAcls, type KafkaAcl } from './acls.ts';
import { createReusableKafkaAdmin, withKafkaAdmin } from './admin.ts';
import { createKafkaClients } from './clients.ts';
import type { KafkaConnection, KafkaLogger } from './connection.ts';
import { createDeadLetterWriter } from './dead-letters.ts';
import { explainKafkaError, KafkaUnavailableError } from './failures.ts';
import {
  assertNoForeignGroupMembers,
  copyPositionsOfFormerGroup,
  deleteGroup,
  fetchGroupLag,
  fetchGroupOffsets,
  fetchGroupProgress,
} from './groups.ts';
import { createKafkaPublisher } from './publisher.ts';
import { readRecordsOfKey } from './read-key.ts';
import { readFirstKeyOfEachPartition } from './read-partition.ts';
import { openKafkaSubscription } from './subscription.ts';
import { createKafkaLogTail, type KafkaLogTail } from './tail.kafka.ts';
import { DEFAULT_KAFKA_TIMEOUTS, type KafkaTimeouts } from './times.ts';
import {
  checkTopics,
  createTopicWithSameReplication,
  describeDifferencesFromNewTopic,
  describeTopics,
  ensureTopics,
  findCompactedTopicsWithSharedKeys,
  findTopicFaults,
  type KafkaTopicState,
  type TopicReplication,
} from './topics.ts';

export interface KafkaBusDeps extends KafkaConnection {
  readonly logger: KafkaLogger;
  /**
   * Called when the process should exit because a subscription reads no more records: its consumer has ended
   * permanently, is stuck, or makes no progress although the brokers respond. Not called during outages of
   * the brokers.
   */
  onFatal(reason: Error): void;
  /**
   * The replication of topics that the bus creates, and the minimum replication of topics that it checks.
   * Default with three or more brokers: three replicas, at least two of them in sync; with a single broker:
   * one replica. With two brokers there is no default, so topics are created only if the replication is set.
   */
  readonly replication?: TopicReplication;
  /**
   * Topics to which this bus may publish without a call of `ensureTopics` or `checkTopics`, with the number
   * of partitions to use. The bus does not check whether these topics exist.
   */
  readonly topics?: readonly Pick<TopicSpec, 'name' | 'partitions'>[];
  readonly times?: Partial<KafkaTimeouts>;
}

export interface KafkaBus extends Bus, ConsumerGroups {
  isCompacted(topic: string): Promise<boolean>;
  /**
   * Checks that all topics exist with the required settings. Creates nothing.
   * @param command the command that creates them, for the error message
   * @throws Error with a one-line message naming what is missing or differs
   */
  checkTopics(specs: readonly TopicSpec[], command: string): Promise<void>;
  /**
   * Returns a sentence for each setting of these topics that differs from the required one, and for each
   * topic that Kafka compacts although several of its records have the same key. Changes nothing.
   */
  topicFaults(specs: readonly TopicSpec[]): Promise<readonly string[]>;
  /**
   * Returns a sentence for each of these topics that Kafka compacts although several of its records have the
   * same key.
   */
  compactedSharedKeyFaults(specs: readonly TopicSpec[]): Promise<readonly string[]>;
  /** Returns the settings of the topics with these names. Topics that do not exist are left out. */
  describeTopics(names: readonly string[]): Promise<readonly KafkaTopicState[]>;
  /** Creates access control lists. Existing lists are kept, including lists that are not in `acls`. */
  grant(acls: readonly KafkaAcl[]): Promise<void>;
}

/**
 * Creates a bus on Apache Kafka. Every method rejects with KafkaUnavailableError while no broker is
 * available, and with KafkaRefusedError, which names the setting, if the broker refuses the connection or its
 * user.
 */
export function createKafkaBus({
  logger,
  onFatal,
  replication,
  topics: known = [],
  times,
  ...connection
}: KafkaBusDeps): KafkaBus {
  const clients = createKafkaClients(connection, logger);
  /**
   * By topic: how many partitions Latchkey uses. Partitions that somebody has added to a topic are not used.
   */
  const partitions = new Map(known.map(({ name, partitions: count }) => [name, count]));
  const publisher = createKafkaPublisher(clients.prompt, (topic) => partitions.get(topic));
  const letterPublisher = createKafkaPublisher(clients.prompt);
  const letters = createDeadLetterWriter({
    publisher: letterPublisher,
    logger,
    make: (topic, like) =>
      withKafkaAdmin(clients.prompt, (admin) => createTopicWithSameReplication(admin, topic, like)),
    differences: (topic, like) =>
      withKafkaAdmin(clients.prompt, (admin) => describeDifferencesFromNewTopic(admin, topic, like)),
  });
  const lagAdmin = createReusableKafkaAdmin(clients.prompt);
  const tailAdmin = createReusableKafkaAdmin(clients.prompt);
  const subscriptions = new Set<BusSubscription>();
  const tails = new Map<string, Promise<KafkaLogTail>>();
  let closed: Promise<void> | undefined;

  /** Runs the work, and translates its errors into messages that name Latchkey's settings. */
  async function attempt<T>(subject: string, work: () => Promise<T>): Promise<T> {
    if (closed) throw new Error('The bus is closed.');
    try {
      return await work();
    } catch (err) {
      throw explainKafkaError(err, connection, subject);
    }
  }

  async function subscribe(options: BusSubscribeOptions): Promise<BusSubscription> {
    const { group, formerGroup = group, topics } = options;
    let found = 0;
    for (const topic of topics) {
      found += await attempt(`topic ${topic}`, () => partitionsOf(topic));
    }
    await attempt(`group ${group}`, () =>
      withKafkaAdmin(clients.prompt, (admin) => prepareGroup(admin, options)),
    );
    return attempt(`read ${topics.join(', ')} as group ${group}`, () =>
      openKafkaSubscription(options, found, {
        clients,
        logger,
        onFatal,
        times: { ...DEFAULT_KAFKA_TIMEOUTS, ...times },
        lag: () =>
          attempt(`lag of group ${group}`, () =>
            lagAdmin.use((admin) => fetchGroupLag(admin, group, topics)),
          ),
        offsets: () =>
          attempt(`offsets of group ${group}`, () =>
            lagAdmin.use((admin) => fetchGroupOffsets(admin, group, topics)),
          ),
        isTransient: (error) => explainKafkaError(error, connection) instanceof KafkaUnavailableError,
        setAside: (topic, unusable) => letters.add(topic, formerGroup, unusable),
      }),
    );
  }

  async function prepareGroup(
    admin: Admin,
    { group, formerGroup, topics }: BusSubscribeOptions,
  ): Promise<void> {
    await assertNoForeignGroupMembers(admin, group, topics);
    if (formerGroup === undefined) return;
    if (await copyPositionsOfFormerGroup(clients.prompt, admin, { group, formerGroup, topics }))
      logger.warn({ group, formerGroup }, 'the group continues at the positions of its former name');
  }

  function remember(specs: readonly TopicSpec[]): void {
    for (const { name, partitions: count } of specs) partitions.set(name, count);
  }

  function firstKeys(topic: string): Promise<readonly (Buffer | null)[]> {
    return readFirstKeyOfEachPartition(clients.prompt, topic);
  }

  function partitionsOf(topic: string): Promise<number> {
    return withKafkaAdmin(clients.prompt, async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics.flatMap(({ partitions }) => partitions).length;
    });
  }

  /** Opens a topic for reading without a group. All readers of the topic share the result. */
  function openTail(topic: string): Promise<LogTail> {
    const known = tails.get(topic);
    if (known !== undefined) return known;
    const opening = makeTail(topic);
    tails.set(topic, opening);
    opening.catch(() => tails.delete(topic));
    return opening;
  }

  async function makeTail(topic: string): Promise<KafkaLogTail> {
    const { clusterId } = await tailAdmin.use((admin) => admin.describeCluster());
    const tail = createKafkaLogTail({
      kafka: clients.prompt,
      admin: tailAdmin,
      topic,
      id: `kafka/${clusterId}/${topic}`,
      ownPartitions: () => partitions.get(topic),
    });
    await tail.ranges();
    return {
      ...tail,
      ranges: () => attempt(`topic ${topic}`, tail.ranges),
      read: (...place) => attempt(`topic ${topic}`, () => tail.read(...place)),
      grown: (...since) => attempt(`topic ${topic}`, () => tail.grown(...since)),
    };
  }

  async function closeAll(): Promise<void> {
    await Promise.all([...subscriptions].map((subscription) => subscription.close()));
    for (const tail of tails.values()) await tail.then((opened) => opened.close()).catch(() => undefined);
    await Promise.all([publisher.close(), letterPublisher.close(), lagAdmin.close(), tailAdmin.close()]);
  }

  return {
    ensureTopics(specs) {
      remember(specs);
      return attempt('create and check topics', () =>
        withKafkaAdmin(clients.prompt, (admin) => ensureTopics(admin, specs, replication)),
      );
    },
    checkTopics(specs, command) {
      remember(specs);
      return attempt('see topics and their settings', () =>
        withKafkaAdmin(clients.prompt, (admin) => checkTopics(admin, specs, replication, command)),
      );
    },
    topicFaults: (specs) =>
      attempt('see topics and their settings', () =>
        withKafkaAdmin(clients.prompt, (admin) => findTopicFaults(admin, specs, { replication, firstKeys })),
      ),
    compactedSharedKeyFaults: (specs) =>
      attempt('see topics, their settings and first records', () =>
        withKafkaAdmin(clients.prompt, (admin) => findCompactedTopicsWithSharedKeys(admin, specs, firstKeys)),
      ),
    describeTopics: (names) =>
      attempt('see topics and their settings', () =>
        withKafkaAdmin(clients.prompt, (admin) => describeTopics(admin, names)),
      ),
    isCompacted: (topic) =>
      attempt(`topic ${topic}`, async () => {
        const [state] = await lagAdmin.use((admin) => describeTopics(admin, [topic]));
        if (state === undefined) throw new Error(`There is no topic ${topic}.`);
        return state.isCompacted;
      }),
    grant: (acls) =>
      attempt('create ACLs', () => withKafkaAdmin(clients.prompt, (admin) => createKafkaAcls(admin, acls))),
    publish: (topic, records) => attempt(`topic ${topic}`, () => publisher.publish(topic, records)),
    async subscribe(options) {
      const subscription = await subscribe(options);
      subscriptions.add(subscription);
      return subscription;
    },
    async *readKey(topic, partition, key, fromOffset, toOffset) {
      try {
        yield* readRecordsOfKey(clients.prompt, { topic, partition, key, fromOffset, toOffset });
      } catch (err) {
        throw explainKafkaError(err, connection, `topic ${topic}`);
      }
    },
    tail: (topic) => attempt(`topic ${topic}`, () => openTail(topic)),
    progressOf: (group, topics) =>
      attempt(`progress of group ${group}`, () =>
        lagAdmin.use((admin) => fetchGroupProgress(admin, group, topics)),
      ),
    deleteGroup: (group) =>
      attempt(`group ${group}`, () => withKafkaAdmin(clients.prompt, (admin) => deleteGroup(admin, group))),
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
