import type {
  Admin,
  Consumer,
  ConsumerCrashEvent,
  ConsumerEndBatchProcessEvent,
  ConsumerGroupJoinEvent,
  EachBatchPayload,
} from 'kafkajs';
import type { BusRecord, SubscribeOptions, Subscription } from '../bus.ts';
import { withAdmin } from './admin.ts';
import { type KafkaClients, type KafkaLogger, PATIENT_RETRY } from './clients.ts';
import { createLane, type FetchedRun, type Lane } from './lane.ts';
import { createMisledCommits, type MisledCommits } from './misled-commits.ts';
import { createPositions, type Positions } from './positions.ts';
import { createProgressWatch, type RestingPartition } from './progress.ts';
import { toRecord } from './records.ts';
import { nameOf, type Standing } from './standing.ts';
import { createWatchdog } from './watchdog.ts';

const DEFAULT_SLICE_SIZE = 500;
const REBALANCE_TIMEOUT_MS = 30_000;
const HEARTBEAT_EVERY_MS = 500;
/** How long a fetch waits for records: an idle consumer asks ten times a second, and closes within this time. */
const FETCH_WAITS_MS = 100;
const DISCONNECT_WITHIN_MS = 5000;
const RESTART_AFTER_MS = 500;

/** In ms; tests shorten them. */
export interface KafkaTimes {
  /** A member that is not heard of for so long loses its partitions. Brokers demand 6 s at least by default. */
  readonly sessionTimeoutMs: number;
  /** How long a slice may hold up other partitions of the same broker. */
  readonly patienceMs: number;
  /** Without an answer for so long a subscription is not healthy. */
  readonly healthyWithinMs: number;
  /** Without an answer for so long, while the brokers answer others, a consumer is stuck. */
  readonly stuckAfterMs: number;
  readonly watchEveryMs: number;
  /** A handler that neither resolves nor rejects for so long is stuck, unless its options say otherwise. */
  readonly handleWithinMs: number;
  /** How long positions may go to a broker that is not the group's coordinator before the group is joined anew. */
  readonly rejoinAfterMs: number;
  /** How often it is looked whether records wait in partitions that nothing comes of. */
  readonly progressEveryMs: number;
}

export const KAFKA_TIMES: KafkaTimes = {
  sessionTimeoutMs: 10_000,
  patienceMs: 250,
  healthyWithinMs: 3000,
  stuckAfterMs: 60_000,
  watchEveryMs: 5000,
  handleWithinMs: 120_000,
  rejoinAfterMs: 10_000,
  progressEveryMs: 20_000,
};

export interface SubscriptionDeps {
  readonly clients: KafkaClients;
  readonly logger: KafkaLogger;
  readonly times: KafkaTimes;
  /** Sums what the group has not read yet. */
  lag(): Promise<number>;
  /** How the group stands in each partition. */
  standings(): Promise<ReadonlyMap<string, Standing>>;
  setAside(topic: string, unusable: ReadonlyMap<BusRecord, string>): Promise<void>;
  onFatal(reason: Error): void;
  /** Whether waiting mends it. */
  passes(error: Error): boolean;
}

/** Joins the group. The topics must exist. @throws Error of kafkajs if it cannot be joined */
export async function openSubscription(
  options: SubscribeOptions,
  partitions: number,
  deps: SubscriptionDeps,
): Promise<Subscription> {
  const { group, topics } = options;
  const { clients, logger, times, onFatal, passes } = deps;
  const consumer = clients.patient.consumer({
    groupId: group,
    sessionTimeout: times.sessionTimeoutMs,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_EVERY_MS,
    maxWaitTimeInMs: FETCH_WAITS_MS,
    minBytes: 1,
    allowAutoTopicCreation: false,
    retry: PATIENT_RETRY,
  });
  const misled = createMisledCommits({
    rejoinAfterMs: times.rejoinAfterMs,
    now: performance.now.bind(performance),
    rejoin: () => void rejoin(),
  });
  const lanes = createLanes(options, deps, misled);
  const answers = watchAnswers(consumer);
  let restarting: NodeJS.Timeout | undefined;
  const state = { joined: false, closed: undefined as Promise<void> | undefined };

  const joining = Promise.withResolvers<void>();
  joining.promise.catch(() => undefined);
  const progress = createProgressWatch({
    group,
    resting: lanes.resting,
    standings: deps.standings,
    onStuck: onFatal,
    stuckAfterMs: times.stuckAfterMs,
    everyMs: times.progressEveryMs,
    now: performance.now.bind(performance),
  });
  const removeListeners = [
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      state.joined = true;
      answers.heard();
      misled.settled();
      lanes.assign(payload);
      progress.forget();
      joining.resolve();
    }),
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => lanes.handedOver(payload)),
    consumer.on(consumer.events.CRASH, ({ payload }) => crashed(payload)),
  ];

  function crashed({ error, restart }: ConsumerCrashEvent['payload']): void {
    lanes.revokeAll();
    if (state.closed) return;
    if (!restart && !state.joined) joining.reject(error);
    else if (!restart && !passes(error))
      onFatal(new Error(`The consumer of group ${group} has ended: ${error.message}`, { cause: error }));
    else {
      logger.warn({ err: error, group }, 'The consumer failed and starts again.');
      if (!restart) restarting = setTimeout(run, RESTART_AFTER_MS);
    }
  }

  /** Also anew, after it has ended. What fails in it is told as a crash. */
  function run(): Promise<void> {
    return consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch: lanes.take,
    });
  }

  async function rejoin(): Promise<void> {
    logger.warn({ group }, 'Positions go to a former coordinator of the group: the consumer joins it anew.');
    lanes.revokeAll();
    await consumer.stop();
    if (!state.closed) await run();
  }

  async function disconnect(): Promise<void> {
    clearTimeout(restarting);
    progress.close();
    for (const remove of removeListeners) remove();
    await within(DISCONNECT_WITHIN_MS, consumer.disconnect()).catch((err) =>
      logger.warn({ err, group }, 'The consumer could not leave its group; its session will end by itself.'),
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

  const watchdog = createWatchdog({
    group,
    lastAnswer: answers.last,
    probe: () => withAdmin(clients.prompt, async (admin: Admin) => void (await admin.describeCluster())),
    onStuck: onFatal,
    stuckAfterMs: times.stuckAfterMs,
    everyMs: times.watchEveryMs,
    now: performance.now.bind(performance),
  });

  async function close(): Promise<void> {
    watchdog.close();
    progress.close();
    await lanes.close();
    await disconnect();
  }

  return {
    lag: deps.lag,
    healthy: () => !state.closed && performance.now() - answers.last() < times.healthyWithinMs,
    close() {
      state.closed ??= close();
      return state.closed;
    },
  };
}

/** The lanes of one consumer, and which partitions are its own. */
function createLanes(
  { group, handle, sliceSize = DEFAULT_SLICE_SIZE, handleWithinMs }: SubscribeOptions,
  deps: SubscriptionDeps,
  misled: MisledCommits,
) {
  const lanes = new Map<string, Lane>();
  const positions = createPositions();
  let assigned = new Set<string>();
  let member: string | undefined;
  /** Of each partition, what kafkajs has handed over since they were dealt: then it begins at the kept positions. */
  const handedOver = new Map<string, Omit<RestingPartition, 'name'>>();

  function laneOf(topic: string, partition: number): Lane {
    const name = nameOf(topic, partition);
    const lane =
      lanes.get(name) ??
      createLane({
        group,
        topic,
        partition,
        handle,
        sliceSize,
        logger: deps.logger,
        patienceMs: deps.times.patienceMs,
        handleWithinMs: handleWithinMs ?? deps.times.handleWithinMs,
        onStuck: deps.onFatal,
        setAside: (unusable) => deps.setAside(topic, unusable),
      });
    lanes.set(name, lane);
    return lane;
  }

  function revokeWhere(isLost: (name: string) => boolean) {
    for (const [name, lane] of lanes) if (isLost(name)) lane.revoke();
  }

  return {
    take: (payload: EachBatchPayload) =>
      laneOf(payload.batch.topic, payload.batch.partition).take(toRun(payload, positions, misled)),
    /** Who is a member without a break has held its partitions without a break, even if the group was dealt anew. */
    assign({ memberId, memberAssignment }: ConsumerGroupJoinEvent['payload']) {
      const isNewcomer = memberId !== member;
      member = memberId;
      handedOver.clear();
      assigned = new Set(
        Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => nameOf(topic, partition)),
        ),
      );
      revokeWhere((name) => isNewcomer || !assigned.has(name));
    },
    revokeAll: () => revokeWhere(() => true),
    /** Also what kafkajs keeps to itself: the marks of transactions. */
    handedOver({ topic, partition, lastOffset }: BatchEnd): void {
      const name = nameOf(topic, partition);
      const turns = (handedOver.get(name)?.turns ?? 0) + 1;
      handedOver.set(name, { turns, reached: Number(lastOffset) + 1 });
    },
    resting: (): readonly RestingPartition[] =>
      [...assigned]
        .filter((name) => lanes.get(name)?.isIdle() ?? true)
        .map((name) => ({ name, ...(handedOver.get(name) ?? { turns: 0, reached: 0 }) })),
    close: async () => void (await Promise.all([...lanes.values()].map((lane) => lane.close()))),
  };
}

type BatchEnd = ConsumerEndBatchProcessEvent['payload'];

function toRun(
  { batch, resolveOffset, commitOffsetsIfNecessary, pause }: EachBatchPayload,
  positions: Positions,
  misled: MisledCommits,
): FetchedRun {
  const { topic, partition, messages } = batch;
  const lastOffset = messages.at(-1)?.offset;
  return {
    records: messages.map((message) => toRecord(topic, partition, message)),
    pause,
    async moveTo({ offset }) {
      // Behind the last record may stand control records, which only the batch knows of.
      const past = String(offset) === lastOffset ? Number(batch.lastOffset()) + 1 : offset + 1;
      await positions.keep({ topic, partition, offset: past }, commitOffsetsIfNecessary).catch((err) => {
        misled.refused(err);
        throw err;
      });
      misled.settled();
      resolveOffset(String(past - 1));
    },
  };
}

/** When the broker last answered a fetch or a heartbeat: kafkajs reports fetches also where it got no answer. */
function watchAnswers(consumer: Consumer) {
  let last = performance.now();
  function heard() {
    last = performance.now();
  }
  consumer.on(consumer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'Fetch' || payload.apiName === 'Heartbeat') heard();
  });
  return { heard, last: () => last };
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Not within ${ms} ms.`)), ms);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
