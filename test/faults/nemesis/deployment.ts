/**
 * Causes events that are not faults: operators' commands, deployments, and another system that shares the
 * broker.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import type { Cluster } from '../../support/cluster.ts';
import { withMongoDatabase } from '../../support/mongo-url.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import type { TopicRecord } from '../checker/stored.ts';
import { copyReadModel } from '../system/restore-read-model.ts';
import { createEhloNameSettings } from '../system/sink.ts';
import { CleanupPolicyNotRestored, deleteRecords } from './delete-records.ts';
import { writeForgedRecord } from './forger.ts';
import type { HealFault } from './nemesis.ts';
import type { StartGate } from './start-gate.ts';
import type { SupervisedProcess } from './supervisor.ts';

const TOPIC = 'accounts.events.v1';
/** The number of accounts whose events one call of `republish` publishes again. */
const REPUBLISHED = 3;
const MORE_PARTITIONS = 2;
/**
 * How long the consumers of a topic are paused before its records are deleted, in ms. Because of the pause,
 * some of these records are unread when they are deleted.
 */
const UNREAD_MS = 3_000;
/** The time between copying the read model and restoring the copy, in ms. */
const COPY_AGE_MS = 10_000;
/**
 * How long a deletion of records waits until starting processes have finished their start, in ms. The time is
 * long, because a fault may pause a process during its start.
 */
const STARTED_WITHIN_MS = 60_000;

/** The name of the additional notifiers that `startHalf` starts. */
export const HALF_STARTED_NOTIFIER_NAME = 'notifier-half-started';

/**
 * Settings of the second system on the same broker. Its groups and topics have a prefix, so that the two
 * systems share neither groups nor topics.
 */
const NEIGHBOUR = {
  GROUP_PREFIX: 'neighbour.',
  TOPIC_NAMES: 'accounts.events.v1=neighbour.accounts.v1,mailings.events.v1=neighbour.mailings.v1',
} as const;

export interface OperatorActions {
  /**
   * Runs an ops command. @returns false if the command failed because of other faults; the command has then
   * changed nothing
   */
  operate(...words: readonly string[]): Promise<boolean>;
  /** Publishes the events of a few accounts again. */
  republishSome(): Promise<boolean>;
  /**
   * Starts one additional process of each service, and kills these processes before or after they are ready.
   */
  startHalf(): Promise<HealFault>;
  /** The notifiers that `startHalf` has started so far. These notifiers may have sent mails. */
  readonly halfStartedNotifiers: readonly ServerProcess[];
  /** Starts the user service of another system on the same broker. */
  startNeighbour(): Promise<HealFault>;
  /** Adds partitions to the accounts topic, as an operator might do by mistake. */
  addPartitions(): Promise<boolean>;
  /**
   * Deletes all records in a partition of the accounts topic, including records that were not read yet. Waits
   * until starting processes have finished their start, and lets no process start during the deletion.
   * @param readers the processes that read the topic, which this function pauses until the records are
   * deleted
   */
  cutOff(
    partition: number,
    readers: readonly Pick<SupervisedProcess, 'pause' | 'resume'>[],
  ): Promise<boolean>;
  /**
   * Copies the read model, and restores the copy some seconds later, as an operator might after a fault of its store.
   * @param readers the processes of the user service; they are stopped meanwhile
   */
  restoreReadModel(readers: readonly Pick<SupervisedProcess, 'kill' | 'start'>[]): Promise<boolean>;
  /** Returns whether `restoreReadModel` has restored an older copy of the read model in this run. */
  isReadModelRestored(): boolean;
  /**
   * Writes a forged record, which has no valid signature of auth, to a topic.
   * @param index the index of the kind of forgery
   */
  forge(index: number): Promise<boolean>;
}

export interface OperatorActionDeps {
  readonly cluster: Pick<Cluster, 'ops' | 'opsWith' | 'another' | 'stores'>;
  /** The gate that a process must pass before it starts. */
  readonly gate: StartGate;
  say(line: string): void;
  /** Called with each record before it is deleted from a topic. */
  recordRemoved(record: TopicRecord): void;
}

export function createOperatorActions({
  cluster,
  gate,
  say,
  recordRemoved,
}: OperatorActionDeps): OperatorActions {
  const { stores } = cluster;

  const operate = createLoggedOpsRunner(cluster.ops, say);
  const halfStartedNotifiers: ServerProcess[] = [];
  let isReadModelRestored = false;

  async function restoreLater(readers: readonly Pick<SupervisedProcess, 'kill' | 'start'>[]): Promise<void> {
    const restore = await copyReadModel(stores.MONGO_URL);
    await sleep(COPY_AGE_MS);
    await gate.whileClosed(async () => {
      await Promise.all(readers.map((one) => one.kill()));
      isReadModelRestored = true;
      await restore();
    }, STARTED_WITHIN_MS);
    await Promise.all(readers.map((one) => one.start()));
  }

  return {
    operate,
    halfStartedNotifiers,
    republishSome: async () => {
      const republished: boolean[] = [];
      for (const account of await someAccounts(stores.MONGO_URL))
        republished.push(await operate('republish', '--account', account));
      return republished.includes(true);
    },
    startHalf: async () => {
      const more = await Promise.all([
        cluster.another('auth'),
        cluster.another('user'),
        cluster.another('notifier', createEhloNameSettings(HALF_STARTED_NOTIFIER_NAME)),
      ]);
      halfStartedNotifiers.push(more[2]);
      const endStart = await gate.beginStart();
      for (const instance of more) instance.launch();
      return async () => {
        await Promise.all(more.map((instance) => instance.end('SIGKILL')));
        endStart();
      };
    },
    startNeighbour: async () => {
      const own = {
        ...NEIGHBOUR,
        MONGO_URL: withMongoDatabase(stores.MONGO_URL, 'latchkey_test_neighbour'),
      };
      const ops = cluster.opsWith({ ...stores, ...own });
      await Promise.all([ops('topics'), ops('indexes')]).catch((error: Error) =>
        say(`  ${lastLineOf(error)}`),
      );
      const neighbour = await cluster.another('user', own);
      neighbour.launch();
      return async () => {
        await neighbour.end('SIGKILL');
        await dropDatabase(own.MONGO_URL);
      };
    },
    addPartitions: () => addPartitions(stores.KAFKA_BROKERS),
    cutOff: (partition, readers) =>
      orSay(
        say,
        'records are not removed',
        gate.whileClosed(async () => {
          for (const one of readers) one.pause();
          try {
            await sleep(UNREAD_MS);
            return await deleteRecords(stores.KAFKA_BROKERS, { topic: TOPIC, partition }, (records) => {
              for (const record of records) recordRemoved({ topic: TOPIC, ...record });
            });
          } finally {
            for (const one of readers) one.resume();
          }
        }, STARTED_WITHIN_MS),
      ),
    restoreReadModel: (readers) => orSay(say, 'the read model is not restored', restoreLater(readers)),
    isReadModelRestored: () => isReadModelRestored,
    forge: (index) => orSay(say, 'nothing is forged', writeForgedRecord(stores.KAFKA_BROKERS, index)),
  };
}

/** Returns a function that runs an ops command, and only prints an error. See `operate`. */
export function createLoggedOpsRunner(
  ops: Cluster['ops'],
  say: (line: string) => void,
): OperatorActions['operate'] {
  return (...words) => orSay(say, `ops ${words.join(' ')}`, ops(...words));
}

/**
 * Waits for `work`, and prints its error instead of throwing it.
 * @returns false if `work` rejected or resolved to false; otherwise true
 * @throws CleanupPolicyNotRestored
 */
async function orSay(say: (line: string) => void, what: string, work: Promise<unknown>): Promise<boolean> {
  const outcome = work.then((done) => done !== false);
  return outcome.catch((error: Error) => {
    // Throw this error, which ends the run: without the cleanup policy, auth does not start, and the rest of
    // the run would prove nothing.
    if (error instanceof CleanupPolicyNotRestored) throw error;
    say(`  ${what}: ${lastLineOf(error)}`);
    return false;
  });
}

function lastLineOf({ message }: Error): string {
  return message.trimEnd().split('\n').at(-1) ?? '';
}

async function withMongo<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(url);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Drops the database of the second system. Best effort: if MongoDB is unavailable, the database is left behind. */
async function dropDatabase(url: string): Promise<void> {
  await withMongo(url, (client) => client.db().dropDatabase()).catch(() => undefined);
}

async function someAccounts(url: string): Promise<readonly string[]> {
  const found = withMongo(url, (client) =>
    client.db().collection('user_profiles_v1').find().limit(REPUBLISHED).toArray(),
  );
  return (await found.catch(() => [])).map(({ _id }) => String(_id));
}

async function addPartitions(brokers: string): Promise<boolean> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'somebody', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
    const count = (topics[0]?.partitions.length ?? 0) + MORE_PARTITIONS;
    return await admin.createPartitions({ topicPartitions: [{ topic: TOPIC, count }] });
  } catch {
    // Nothing was added, because another fault has made the brokers unavailable.
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
