import type { Bus, Groups, SubscribeOptions, Subscription, TopicSpec } from '../bus.ts';
import { keepAdmin, withAdmin } from './admin.ts';
import { createClients, type KafkaConnection, type KafkaLogger } from './clients.ts';
import { createDeadLetters } from './dead-letters.ts';
import { explain, KafkaUnavailableError } from './failures.ts';
import { forgetGroup } from './groups.ts';
import { lagOf, progressOf } from './lag.ts';
import { createPublisher } from './publisher.ts';
import { readKey } from './read-key.ts';
import { standingOf } from './standing.ts';
import { KAFKA_TIMES, type KafkaTimes, openSubscription } from './subscription.ts';
import {
  checkTopics,
  describeTopics,
  differencesLike,
  ensureTopics,
  makeLike,
  type Replication,
  type TopicState,
} from './topics.ts';

export interface KafkaBusDeps extends KafkaConnection {
  readonly logger: KafkaLogger;
  /**
   * A consumer has ended for good, is stuck, or does not progress, while the brokers answer: records are no longer
   * read. The process should end. Called for nothing that passes by itself.
   */
  onFatal(reason: Error): void;
  /** For topics that are to be made or checked; those that exist may have more. Default: 3 and 2 on three brokers, 1 and 1 on one; on two none are made without it. */
  readonly replication?: Replication;
  readonly times?: Partial<KafkaTimes>;
}

export interface KafkaBus extends Bus, Groups {
  /**
   * Looks whether all topics are there as they have to be. Makes nothing.
   * @param command what makes them, to be named in the error
   * @throws Error of one line naming what is missing or differs
   */
  checkTopics(specs: readonly TopicSpec[], command: string): Promise<void>;
  /** Topics as they are, those that exist. */
  describeTopics(names: readonly string[]): Promise<readonly TopicState[]>;
}

/**
 * The log on Apache Kafka. Every method rejects with KafkaUnavailableError while no broker can be reached, and
 * with KafkaRefusedError, which names the setting, where the broker does not accept who asks.
 */
export function createKafkaBus({
  logger,
  onFatal,
  replication,
  times,
  ...connection
}: KafkaBusDeps): KafkaBus {
  const clients = createClients(connection, logger);
  const publisher = createPublisher(clients.prompt);
  const letterPublisher = createPublisher(clients.prompt);
  const letters = createDeadLetters({
    publisher: letterPublisher,
    logger,
    make: (topic, like) => withAdmin(clients.prompt, (admin) => makeLike(admin, topic, like)),
    differences: (topic, like) => withAdmin(clients.prompt, (admin) => differencesLike(admin, topic, like)),
  });
  const lagAdmin = keepAdmin(clients.prompt);
  const subscriptions = new Set<Subscription>();
  let closed: Promise<void> | undefined;

  /** Runs the work, and says in the words of the settings why it failed. */
  async function attempt<T>(subject: string, work: () => Promise<T>): Promise<T> {
    if (closed) throw new Error('The bus is closed.');
    try {
      return await work();
    } catch (err) {
      throw explain(err, connection, subject);
    }
  }

  async function subscribe(options: SubscribeOptions): Promise<Subscription> {
    const { group, topics } = options;
    let partitions = 0;
    for (const topic of topics) {
      partitions += await attempt(`topic ${topic}`, () => partitionsOf(topic));
    }
    return attempt(`read ${topics.join(', ')} as group ${group}`, () =>
      openSubscription(options, partitions, {
        clients,
        logger,
        onFatal,
        times: { ...KAFKA_TIMES, ...times },
        lag: () =>
          attempt(`lag of group ${group}`, () => lagAdmin.use((admin) => lagOf(admin, group, topics))),
        standings: () => lagAdmin.use((admin) => standingOf(admin, group, topics)),
        passes: (error) => explain(error, connection) instanceof KafkaUnavailableError,
        setAside: (topic, unusable) => letters.add(topic, group, unusable),
      }),
    );
  }

  function partitionsOf(topic: string): Promise<number> {
    return withAdmin(clients.prompt, async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics.flatMap(({ partitions }) => partitions).length;
    });
  }

  async function closeAll(): Promise<void> {
    await Promise.all([...subscriptions].map((subscription) => subscription.close()));
    await Promise.all([publisher.close(), letterPublisher.close(), lagAdmin.close()]);
  }

  return {
    ensureTopics: (specs) =>
      attempt('make and check topics', () =>
        withAdmin(clients.prompt, (admin) => ensureTopics(admin, specs, replication)),
      ),
    checkTopics: (specs, command) =>
      attempt('see topics and their settings', () =>
        withAdmin(clients.prompt, (admin) => checkTopics(admin, specs, replication, command)),
      ),
    describeTopics: (names) =>
      attempt('see topics and their settings', () =>
        withAdmin(clients.prompt, (admin) => describeTopics(admin, names)),
      ),
    publish: (topic, records) => attempt(`topic ${topic}`, () => publisher.publish(topic, records)),
    async subscribe(options) {
      const subscription = await subscribe(options);
      subscriptions.add(subscription);
      return subscription;
    },
    async *readKey(topic, partition, key, fromOffset) {
      try {
        yield* readKey(clients.prompt, { topic, partition, key, fromOffset });
      } catch (err) {
        throw explain(err, connection, `topic ${topic}`);
      }
    },
    progressOf: (group, topics) =>
      attempt(`progress of group ${group}`, () => lagAdmin.use((admin) => progressOf(admin, group, topics))),
    forgetGroup: (group) =>
      attempt(`group ${group}`, () => withAdmin(clients.prompt, (admin) => forgetGroup(admin, group))),
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
