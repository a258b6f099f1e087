/**
 * Makes a kafkajs consumer a member of its group: the consumer joins the group, rejoins it after a crash, and
 * leaves it.
 */
import type { Consumer, ConsumerCrashEvent } from 'kafkajs';
import type { BusSubscribeOptions } from '../bus.ts';
import { KAFKA_OUTAGE_RETRY_OPTIONS, type KafkaClients } from './clients.ts';
import type { KafkaLogger } from './connection.ts';
import { createPartitionConsumers, type PartitionConsumersDeps } from './partition-consumers.ts';
import type { KafkaTimeouts } from './times.ts';
import type { IdlePartition } from './workarounds/progress-watch.ts';
import { createStaleCoordinatorWatch } from './workarounds/stale-coordinator.ts';
import { createStoppableConsumer } from './workarounds/stoppable-consumer.ts';

const REBALANCE_TIMEOUT_MS = 30_000;
/**
 * The heartbeat interval, in ms. If the session timeout is shorter than five times this interval, a fifth of
 * the session timeout is used instead. A member learns of a rebalance from the response to its next
 * heartbeat.
 */
const HEARTBEAT_EVERY_MS = 2000;
/**
 * How long a broker may hold back the response to a fetch while there are no records, in ms. An idle
 * consumer therefore fetches twice a second. A commit to the same broker may have to wait until such a
 * fetch ends, and so may the closing of the consumer.
 */
const FETCH_WAITS_MS = 500;
const RESTART_AFTER_MS = 500;

export interface GroupMembershipDeps {
  readonly clients: KafkaClients;
  readonly logger: KafkaLogger;
  readonly times: KafkaTimeouts;
  readonly setAside: PartitionConsumersDeps['setAside'];
  /** Called when the consumer has ended permanently, or a handler is stuck. */
  onFatal(reason: Error): void;
  /** Returns whether an error is transient: whether it disappears once the brokers are available again. */
  isTransient(error: Error): boolean;
}

export interface GroupMembership {
  /** Calls the listener whenever the member has joined its group again, for example after a rebalance. */
  onRejoin(listener: () => void): void;
  /**
   * Returns the partitions that are assigned to this member and for which it is neither handling records nor
   * waiting for a retry.
   */
  idle(): readonly IdlePartition[];
  /**
   * Returns the time at which the broker last responded to a fetch or heartbeat, in ms on the clock of
   * `performance.now`.
   */
  lastResponse(): number;
  /** Stops the handlers and leaves the group. */
  leave(): Promise<void>;
}

/**
 * Joins the group and starts to read. The topics must exist.
 * @param partitions the total number of partitions of the topics
 * @throws Error of kafkajs if the group cannot be joined
 */
export async function joinConsumerGroup(
  options: BusSubscribeOptions,
  partitions: number,
  { clients, logger, times, setAside, onFatal, isTransient }: GroupMembershipDeps,
): Promise<GroupMembership> {
  const { group, topics } = options;
  const consumer = createStoppableConsumer(clients.patient, {
    groupId: group,
    sessionTimeout: times.sessionTimeoutMs,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: Math.min(HEARTBEAT_EVERY_MS, times.sessionTimeoutMs / 5),
    maxWaitTimeInMs: FETCH_WAITS_MS,
    minBytes: 1,
    allowAutoTopicCreation: false,
    // Read records of open transactions, too. Otherwise, a transaction that another program leaves open would
    // block all later records until the broker ends the transaction. Reading these records is safe, because
    // consumers accept a record only if its signature is valid. Latchkey itself uses no transactions.
    readUncommitted: true,
    retry: KAFKA_OUTAGE_RETRY_OPTIONS,
  });
  const coordinator = createStaleCoordinatorWatch({
    rejoinAfterMs: times.rejoinAfterMs,
    now: performance.now.bind(performance),
    rejoin: () => void rejoin(),
  });
  const partitionConsumers = createPartitionConsumers(options, {
    logger,
    times,
    coordinator,
    setAside,
    onStuck: onFatal,
    commit: (position) => consumer.commitOffsets([{ ...position, offset: String(position.offset) }]),
  });
  const responses = trackResponses(consumer);
  const joining = Promise.withResolvers<void>();
  joining.promise.catch(() => undefined);
  let joined = false;
  let left = false;
  let restarting: NodeJS.Timeout | undefined;

  const removeListeners = [
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      joined = true;
      responses.record();
      coordinator.reset();
      partitionConsumers.assign(payload);
      joining.resolve();
    }),
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => partitionConsumers.batchEnded(payload)),
    consumer.on(consumer.events.CRASH, ({ payload }) => crashed(payload)),
  ];

  function crashed({ error, restart }: ConsumerCrashEvent['payload']): void {
    partitionConsumers.revokeAll();
    if (left) return;
    if (!restart && !joined) joining.reject(error);
    else if (!restart && !isTransient(error))
      onFatal(new Error(`The consumer of group ${group} has ended: ${error.message}`, { cause: error }));
    else {
      logger.warn({ err: error, group }, 'a consumer failed and is restarted');
      if (!restart) restarting = setTimeout(run, RESTART_AFTER_MS);
    }
  }

  /**
   * Starts the consumer, or restarts it after it has ended. A failure is reported like a crash of the
   * consumer.
   */
  function run(): Promise<void> {
    return consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch: partitionConsumers.take,
    });
  }

  async function rejoin(): Promise<void> {
    logger.warn(
      { group },
      'positions were committed to a former coordinator of the group; the consumer rejoins',
    );
    partitionConsumers.revokeAll();
    await consumer.stop();
    if (!left) await run();
  }

  async function disconnect(): Promise<void> {
    clearTimeout(restarting);
    for (const remove of removeListeners) remove();
    await within(times.leaveWithinMs, consumer.disconnect()).catch((err) =>
      logger.warn(
        { err, group },
        'a consumer could not leave its group; other members get its partitions when its session times out',
      ),
    );
  }

  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await run();
    await joining.promise;
  } catch (err) {
    await disconnect();
    throw err;
  }

  return {
    onRejoin: (listener) => void consumer.on(consumer.events.GROUP_JOIN, listener),
    idle: partitionConsumers.idle,
    lastResponse: responses.last,
    async leave() {
      left = true;
      await partitionConsumers.close();
      await disconnect();
    },
  };
}

/**
 * Records when the broker last responded, and returns a function that returns this time. kafkajs also
 * reports a fetch that got no response; such a report is ignored.
 */
function trackResponses(consumer: Consumer) {
  let last = performance.now();
  function record() {
    last = performance.now();
  }
  consumer.on(consumer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'Fetch' || payload.apiName === 'Heartbeat') record();
  });
  return { record, last: () => last };
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Not within ${ms} ms.`)), ms);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
