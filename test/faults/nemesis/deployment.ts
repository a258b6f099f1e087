/** What happens to a system besides faults: its operators, its deployments, and another system on the same broker. */
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { type Cluster, services } from '../../support/cluster.ts';
import { withDatabase } from '../../support/mongo-url.ts';
import type { TopicRecord } from '../checker/stored.ts';
import { forge } from './forger.ts';
import { cutOff } from './log-cutter.ts';
import type { Heal } from './nemesis.ts';

const TOPIC = 'accounts.events.v1';
/** How many accounts are published again. */
const REPUBLISHED = 3;
const MORE_PARTITIONS = 2;

/** Names of its own for everything that two systems could share. */
const NEIGHBOUR = {
  GROUP_PREFIX: 'neighbour.',
  TOPIC_NAMES: 'accounts.events.v1=neighbour.accounts.v1,mailings.events.v1=neighbour.mailings.v1',
} as const;

export interface Deployment {
  /** Runs a command of an operator. One that fails, because of other faults, changes nothing. */
  operate(...words: readonly string[]): Promise<void>;
  /** Publishes the events of a few accounts again. */
  republishSome(): Promise<void>;
  /** Starts one more process of each service, which is killed before or after it is ready. */
  startHalf(): Promise<Heal>;
  /** Starts a user service of another system. */
  startNeighbour(): Promise<Heal>;
  /** Adds partitions to the topic of accounts, as somebody might do by hand. */
  addPartitions(): Promise<void>;
  /** Removes the records of a partition of the topic of accounts. */
  cutOff(partition: number): Promise<void>;
  /** Writes a record that auth has not signed. @param index of its kind */
  forge(index: number): Promise<void>;
}

export interface DeploymentDeps {
  readonly cluster: Pick<Cluster, 'ops' | 'opsWith' | 'another' | 'stores'>;
  say(line: string): void;
  /** Called with each record before it is removed from a topic. */
  recordRemoved(record: TopicRecord): void;
}

export function createDeployment({ cluster, say, recordRemoved }: DeploymentDeps): Deployment {
  const { stores } = cluster;

  async function orSay(what: string, work: Promise<unknown>): Promise<void> {
    await work.catch((error: Error) => say(`  ${what}: ${lastLineOf(error)}`));
  }

  async function operate(...words: readonly string[]): Promise<void> {
    await orSay(`ops ${words.join(' ')}`, cluster.ops(...words));
  }

  return {
    operate,
    republishSome: async () => {
      for (const account of await someAccounts(stores.MONGO_URL))
        await operate('republish', '--account', account);
    },
    startHalf: async () => {
      const more = await Promise.all(services.map((service) => cluster.another(service)));
      for (const instance of more) instance.launch();
      return async () => void (await Promise.all(more.map((instance) => instance.end('SIGKILL'))));
    },
    startNeighbour: async () => {
      const own = { ...NEIGHBOUR, MONGO_URL: withDatabase(stores.MONGO_URL, 'latchkey_test_neighbour') };
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
    cutOff: (partition) =>
      orSay(
        'records are not removed',
        cutOff(stores.KAFKA_BROKERS, { topic: TOPIC, partition }, (records) => {
          for (const record of records) recordRemoved({ topic: TOPIC, ...record });
        }),
      ),
    forge: (index) => orSay('nothing is forged', forge(stores.KAFKA_BROKERS, index)),
  };
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

/** A neighbour whose database cannot be dropped now leaves it behind. */
async function dropDatabase(url: string): Promise<void> {
  await withMongo(url, (client) => client.db().dropDatabase()).catch(() => undefined);
}

async function someAccounts(url: string): Promise<readonly string[]> {
  const found = withMongo(url, (client) =>
    client.db().collection('user_profiles_v1').find().limit(REPUBLISHED).toArray(),
  );
  return (await found.catch(() => [])).map(({ _id }) => String(_id));
}

async function addPartitions(brokers: string): Promise<void> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'somebody', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
    const count = (topics[0]?.partitions.length ?? 0) + MORE_PARTITIONS;
    await admin.createPartitions({ topicPartitions: [{ topic: TOPIC, count }] });
  } catch {
    // The brokers are hit at the moment: nothing was added.
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
