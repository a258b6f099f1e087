import { nameIn, type TopicSpec, withTopicNames } from '@latchkey/bus';
import { createKafkaBus, type KafkaConnection, KafkaRefusedError, type KafkaSasl } from '@latchkey/bus/kafka';
import { checkIndexes, type Index, IndexError, MongoRefused, openMongo } from '@latchkey/mongo';
import type { Dependency, Logger } from '@latchkey/process';
import type { ClusterBackend } from './backend.ts';
import type { ServerConfig } from './settings.ts';
import { waitForServers } from './wait-for-servers.ts';

/** What a service cannot do without on the servers. */
export interface Needs {
  readonly topics: readonly TopicSpec[];
  readonly indexes: NeededIndexes;
}

/** Told, or found out from what is stored. */
export type NeededIndexes =
  | readonly Index[]
  | ((connection: ClusterBackend['connection']) => Promise<readonly Index[]>);

export interface Servers {
  readonly backend: ClusterBackend;
  /**
   * Resolves once both servers were reached and hold what is needed, however long they take to come.
   * @throws Error of one line where something is wrong that waiting does not mend: credentials, a missing
   * topic, other settings of one, a missing index; the abort error once it is closed
   */
  ready(needs: Needs): Promise<void>;
  /** Of `kafka` and `mongodb`: what `ready` waits for. */
  health(): Promise<readonly Dependency[]>;
  /** Ends a wait, too. Idempotent. */
  close(): Promise<void>;
}

export interface ServersDeps {
  /** Names this process in Kafka's logs. */
  readonly clientId: string;
  readonly logger: Logger;
  /** Records can no longer be read; the process should end. */
  onFatal(reason: Error): void;
}

const MAKES_TOPICS = 'npm run ops -- topics';
const MAKES_INDEXES = 'npm run ops -- indexes';

/** Opens both and returns at once. */
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

  async function lookAtMongo(needed: NeededIndexes): Promise<void> {
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
          wait('mongodb', () => lookAtMongo(indexes)),
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

/** How to reach Kafka, as its settings say. */
export function kafkaConnection(config: ServerConfig): Omit<KafkaConnection, 'clientId'> {
  const sasl = saslOf(config);
  return {
    brokers: config.KAFKA_BROKERS,
    ssl: config.KAFKA_SSL,
    patchKafkajs: true,
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function saslOf(config: ServerConfig): KafkaSasl | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = config;
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism, username, password };
}
