import {
  type Backend,
  type KafkaConfig,
  kafkaConnection,
  type Store,
  type StoreConfig,
} from '@latchkey/backend';
import { nameIn, type TopicSpec, withGroupNames, withTopicNames } from '@latchkey/bus';
import { createKafkaBus, KafkaRefusedError } from '@latchkey/bus/kafka';
import type { Dependency, Logger } from '@latchkey/process';
import { type Preparable, SchemaError, StoreRefused } from '@latchkey/store';
import { waitForServers } from './wait-for-servers.ts';

/** What a service requires on Kafka and in its store. */
export interface Needs {
  readonly topics: readonly TopicSpec[];
  /** Opens the part of a store that the service uses. */
  storage(store: Store): Pick<Preparable, 'check'>;
}

export interface ServersConfig {
  readonly kafka: KafkaConfig;
  readonly store: StoreConfig;
}

export interface Servers {
  readonly backend: Backend;
  /**
   * Resolves once log and store are reachable and have what the service needs, however long that takes.
   * @throws Error of one line if waiting does not help: refused credentials, a topic or an index that is missing or
   * differs, a schema of a newer version; the abort error after `close`
   */
  ready(needs: Needs): Promise<void>;
  /** The state of the log and the store, as `ready` waits for them. */
  health(): Promise<readonly Dependency[]>;
  /** Ends a wait as well. Idempotent. */
  close(): Promise<void>;
}

export interface ServersDeps {
  /** Names this process in Kafka's logs. */
  readonly clientId: string;
  readonly logger: Logger;
  /** Called when records can no longer be read: the process should exit. */
  onFatal(reason: Error): void;
}

const CREATES_TOPICS = 'npm run ops -- topics';

/** Opens log and store, and returns immediately. @throws DataFolderError for a data folder that cannot be used */
export function openServers(
  { kafka, store: config }: ServersConfig,
  { clientId, logger, onFatal }: ServersDeps,
): Servers {
  const store = config.open({ as: 'server' });
  const bus = createKafkaBus({
    ...kafkaConnection(kafka),
    clientId,
    logger,
    onFatal,
    times: { sessionTimeoutMs: kafka.KAFKA_SESSION_SECONDS * 1000 },
  });
  const closing = new AbortController();
  const waitingFor = new Map<string, string | undefined>([
    ['kafka', 'not reached yet'],
    [store.name, 'not reached yet'],
  ]);

  function named(topics: readonly TopicSpec[]): readonly TopicSpec[] {
    return topics.map((topic) => ({ ...topic, name: nameIn(kafka.TOPIC_NAMES, topic.name) }));
  }

  function wait(name: string, attempt: () => Promise<void>): Promise<void> {
    return waitForServers(attempt, {
      name,
      logger,
      signal: closing.signal,
      onWaiting: (reason) => waitingFor.set(name, reason),
    });
  }

  async function checkStore(storage: Needs['storage']): Promise<void> {
    await store.health();
    await storage(store).check();
  }

  return {
    backend: {
      store,
      bus: withGroupNames(withTopicNames(bus, kafka.TOPIC_NAMES), {
        prefix: kafka.GROUP_PREFIX,
        topics: kafka.TOPIC_NAMES,
      }),
    },

    async ready({ topics, storage }) {
      try {
        await Promise.all([
          wait(store.name, () => checkStore(storage)),
          wait('kafka', () => bus.checkTopics(named(topics), CREATES_TOPICS)),
        ]);
      } catch (error) {
        throw isForOperator(error) ? new Error(error.message, { cause: error }) : error;
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
      await Promise.all([bus.close(), store.close()]);
    },
  };
}

function isForOperator(error: unknown): error is Error {
  return error instanceof StoreRefused || error instanceof SchemaError || error instanceof KafkaRefusedError;
}
