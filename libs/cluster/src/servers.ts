import { nameIn, type TopicSpec, withTopicNames } from '@latchkey/bus';
import { createKafkaBus, type KafkaConnection, KafkaRefusedError, type KafkaSasl } from '@latchkey/bus/kafka';
import { checkIndexes, type Index, IndexError, MongoRefused, openMongo } from '@latchkey/mongo';
import type { Dependency, Logger } from '@latchkey/process';
import type { ClusterBackend } from './backend.ts';
import type { KafkaConfig, ServerConfig } from './settings.ts';
import { waitForServers } from './wait-for-servers.ts';

/** What must exist on the servers before a service starts. */
export interface Needs {
  readonly topics: readonly TopicSpec[];
  readonly indexes: NeededIndexes;
}

/** A list of indexes, or how to derive it from the stored data. */
export type NeededIndexes =
  | readonly Index[]
  | ((connection: ClusterBackend['connection']) => Promise<readonly Index[]>);

export interface Servers {
  readonly backend: ClusterBackend;
  /**
   * Resolves once both servers are reachable and have what is needed. Waits without a limit.
   * @throws Error with a message for operators if waiting cannot help: refused credentials, a missing topic or index,
   * a topic with other settings; the abort reason after `close`
   */
  ready(needs: Needs): Promise<void>;
  /** The state of `kafka` and `mongodb`, and what `ready` waits for. */
  health(): Promise<readonly Dependency[]>;
  /** Also ends `ready`. Idempotent. */
  close(): Promise<void>;
}

export interface ServersDeps {
  /** The name of this process in Kafka's logs. */
  readonly clientId: string;
  readonly logger: Logger;
  /** Called when records can no longer be consumed: the process should exit. */
  onFatal(reason: Error): void;
}

const MAKES_TOPICS = 'npm run ops -- topics';
const MAKES_INDEXES = 'npm run ops -- indexes';

/** Opens Kafka and MongoDB without waiting for them. */
export function openServers(config: ServerConfig, { clientId, logger, onFatal }: ServersDeps): Servers {
  const mongo = openMongo({ url: config.MONGO_URL });
  const bus = createKafkaBus({ ...kafkaConnection(config), clientId, logger, onFatal });
  const closing = new AbortController();
  const waitingFor = new Map<string, string | undefined>([
    ['kafka', 'not reached yet'],
    ['mongodb', 'not reached yet'],
  ]);
  let refusal: unknown;
  mongo.reached.catch((error: unknown) => {
    refusal = error;
  });

  function named(topics: readonly TopicSpec[]): readonly TopicSpec[] {
    return topics.map((topic) => ({ ...topic, name: nameIn(config.TOPIC_NAMES, topic.name) }));
  }

  function wait(name: string, attempt: () => Promise<void>): Promise<void> {
    return waitForServers(attempt, {
      name,
      logger,
      signal: closing.signal,
      onWaiting: (reason) => waitingFor.set(name, reason),
    });
  }

  async function checkMongo(needed: NeededIndexes): Promise<void> {
    if (refusal !== undefined) throw refusal;
    await mongo.ping();
    const indexes = typeof needed === 'function' ? await needed(mongo.connection) : needed;
    await checkIndexes(mongo.connection, indexes, MAKES_INDEXES);
  }

  return {
    backend: {
      kind: 'cluster',
      connection: mongo.connection,
      bus: withTopicNames(bus, config.TOPIC_NAMES),
    },

    async ready({ topics, indexes }) {
      try {
        await Promise.all([
          wait('mongodb', () => checkMongo(indexes)),
          wait('kafka', () => bus.checkTopics(named(topics), MAKES_TOPICS)),
        ]);
      } catch (error) {
        throw isWordedForPeople(error) ? new Error(error.message, { cause: error }) : error;
      }
    },

    health: async () =>
      [...waitingFor].map(([name, detail]) =>
        detail === undefined
          ? { name, state: 'ok', needed: true }
          : { name, state: 'down', needed: true, detail },
      ),

    async close() {
      closing.abort();
      await Promise.all([bus.close(), mongo.close()]);
    },
  };
}

function isWordedForPeople(error: unknown): error is Error {
  return error instanceof MongoRefused || error instanceof IndexError || error instanceof KafkaRefusedError;
}

/** Returns the connection options for these settings. */
export function kafkaConnection(config: KafkaConfig): Omit<KafkaConnection, 'clientId'> {
  const sasl = saslOf(config);
  return {
    brokers: config.KAFKA_BROKERS,
    ssl: config.KAFKA_SSL,
    patchKafkajs: true,
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function saslOf(config: KafkaConfig): KafkaSasl | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = config;
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism, username, password };
}
