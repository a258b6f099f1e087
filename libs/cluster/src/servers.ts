import {
  createClockHistory,
  type KafkaConfig,
  kafkaConnectionOf,
  type ServiceBackend,
  type Store,
  type StoreConfig,
} from '@latchkey/backend';
import {
  type BusSubscription,
  type TopicSpec,
  topicNameOnLog,
  withGroupNames,
  withTopicNames,
} from '@latchkey/bus';
import { createKafkaBus, type KafkaBus, KafkaRefusedError } from '@latchkey/bus/kafka';
import { createClockGuard, type DependencyHealth, type Logger, type Registry } from '@latchkey/process';
import { SchemaError, StoreMisconfigured, type StorePreparation } from '@latchkey/store';
import { Gauge } from 'prom-client';
import { createClockWatch } from './clock-watch.ts';
import { createTopicWatch, type TopicWatch } from './topic-watch.ts';
import { waitForServers } from './wait-for-servers.ts';

/** What a service requires on Kafka and in the store before it can run. */
export interface ServiceRequirements {
  readonly topics: readonly TopicSpec[];
  /** Opens the service's own storage in the store, so that its schema can be checked. */
  storage(store: Store): Pick<StorePreparation, 'check'>;
}

export interface ServerConnectionsConfig {
  readonly kafka: KafkaConfig;
  readonly store: StoreConfig;
}

export interface ServerConnections {
  readonly backend: ServiceBackend;
  /**
   * Waits without a time limit until the log and the store can be reached and contain what the service
   * requires.
   * @throws Error with a one-line message if waiting does not help: credentials are refused, a topic or an
   * index is missing or has other settings, or the schema is from a newer version. After `close`, throws the
   * abort error
   */
  ready(needs: ServiceRequirements): Promise<void>;
  /** Returns the states of the log and the store, as `ready` last found them. */
  health(): Promise<readonly DependencyHealth[]>;
  /**
   * Returns the health of what is checked periodically while a service runs: the clock and, after `ready`,
   * the topics.
   */
  watched(): readonly DependencyHealth[];
  /** Closes the log and the store. If a call of `ready` is still waiting, that call rejects. Idempotent. */
  close(): Promise<void>;
}

export interface ServerConnectionsDeps {
  readonly registry: Registry;
  /** The name of this process in Kafka's logs. */
  readonly clientId: string;
  readonly logger: Logger;
  /** Called when records can no longer be read, so that the process should exit. */
  onFatal(reason: Error): void;
}

const CREATES_TOPICS = 'npm run ops -- topics';

/**
 * Opens the log and the store, and returns without waiting for a connection.
 * @throws DataFolderError for a data folder that cannot be used
 */
export function connectToServers(
  { kafka, store: config }: ServerConnectionsConfig,
  { clientId, logger, registry, onFatal }: ServerConnectionsDeps,
): ServerConnections {
  const store = config.open({ as: 'server' });
  const bus = createKafkaBus({
    ...kafkaConnectionOf(kafka),
    clientId,
    logger,
    onFatal,
    times: { sessionTimeoutMs: kafka.KAFKA_SESSION_SECONDS * 1000 },
  });
  const stopListening = store.onPermissionDenied?.(onFatal);
  const history = store.clockReadings && createClockHistory({ readings: store.clockReadings });
  const clock = createClockGuard({
    ...(history && { doubtAtStart: history.doubt }),
    ...(store.serverTime && {
      unconfirmed: `The clock has not been compared with the clock of ${store.name} yet.`,
    }),
  });
  const stopNoting = history?.keepNoting(clock);
  const clockWatch = createClockWatch({
    storeName: store.name,
    readStoreClock: store.serverTime,
    guard: clock,
    logger,
    registry,
  });
  const subscriptions = new Set<BusSubscription>();
  new Gauge({
    name: 'latchkey_bus_position_faults',
    help: 'Positions that were out of range since the start, and positions that have not moved for a minute.',
    registers: [registry],
    collect() {
      this.set([...subscriptions].reduce((sum, { faults }) => sum + faults().length, 0));
    },
  });
  let topicWatch: TopicWatch | undefined;
  const closing = new AbortController();
  const waitingFor = new Map<string, string | undefined>([
    ['kafka', 'not reached yet'],
    [store.name, 'not reached yet'],
  ]);

  function named(topics: readonly TopicSpec[]): readonly TopicSpec[] {
    return topics.map((topic) => ({ ...topic, name: topicNameOnLog(kafka.TOPIC_NAMES, topic.name) }));
  }

  function wait(name: string, attempt: () => Promise<void>): Promise<void> {
    return waitForServers(attempt, {
      name,
      logger,
      signal: closing.signal,
      onWaiting: (reason) => waitingFor.set(name, reason),
    });
  }

  /**
   * Wraps a bus in order to keep a list of its subscriptions. The metric for faults of positions
   * counts the faults of these subscriptions.
   */
  function observed(watched: KafkaBus): KafkaBus {
    return {
      ...watched,
      async subscribe(options) {
        const subscription = await watched.subscribe(options);
        subscriptions.add(subscription);
        return subscription;
      },
    };
  }

  async function checkStore(storage: ServiceRequirements['storage']): Promise<void> {
    await store.health();
    await storage(store).check();
  }

  return {
    backend: {
      store,
      clock,
      observeTime: clockWatch.observe,
      bus: withGroupNames(withTopicNames(observed(bus), kafka.TOPIC_NAMES), {
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
      topicWatch ??= createTopicWatch({ readFaults: () => bus.topicFaults(named(topics)), logger });
      await history?.resume();
      await Promise.all([clockWatch.compare(), topicWatch.compare()]);
    },

    health: async () =>
      [...waitingFor].map(([name, detail]) =>
        detail === undefined
          ? { name, state: 'ok', needed: true }
          : { name, state: 'down', needed: true, detail },
      ),

    watched: () => [clockWatch.health(), ...(topicWatch === undefined ? [] : [topicWatch.health()])],

    async close() {
      closing.abort();
      stopNoting?.();
      clockWatch.close();
      topicWatch?.close();
      stopListening?.();
      await Promise.all([bus.close(), store.close()]);
    },
  };
}

function isForOperator(error: unknown): error is Error {
  return (
    error instanceof StoreMisconfigured || error instanceof SchemaError || error instanceof KafkaRefusedError
  );
}
