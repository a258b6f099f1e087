import { exec } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { OutgoingRecord } from '@latchkey/bus';
import { accountsTopic } from '@latchkey/events';
import { ensureIndexes, openMongo } from '@latchkey/mongo';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { createLeases } from '@latchkey/store';
import type { Journal } from '../../services/auth/src/ports/journal.ts';
import type { AuthStores } from '../../services/auth/src/ports/stores.ts';
import {
  createCommit,
  createRegistrationCommit,
  testSigner,
} from '../../services/auth/src/ports/testing/commits.ts';
import { createRelay } from '../../services/auth/src/relay/relay.ts';
import { authIndexes, openMongoAuthStores } from '../../services/auth/src/storage/mongo/index.ts';
import { openTemporaryStores } from '../../services/auth/src/storage/sqlite/stores.fixture.ts';
import { eventually } from '../../test/support/eventually.ts';
import { type Benchmark, type BenchmarkFigure, createMaxTarget } from '../support/benchmark.ts';
import { countPublishedCommits, measureBareProducerMs, openBenchmarkBus } from '../support/kafka.ts';
import { measureMs, repeatConcurrently } from '../support/load.ts';
import { createBenchDatabase, createBenchTopics } from '../support/servers.ts';

const ACCOUNTS = Math.ceil(Number(process.env['RECOVERY_COMMITS'] ?? 10_000) / 2);
const COMMITS = 2 * ACCOUNTS;
const STORES = (process.env['RECOVERY_STORES'] ?? 'SQLite,MongoDB').split(',');
const APPENDS_AT_ONCE = 50;
const NOTICED_WITHIN_MS = 120_000;

export const recoveryBenchmark: Benchmark = {
  name: 'recovery',
  title: 'Recovery',
  method: `${COMMITS} commits of ${ACCOUNTS} accounts, appended to the journal while the broker is down: from its return (KAFKA_CONTROL start has ended, so it responds) until none is left in the outbox, by one relay whose sweep must find them. On a journal in SQLite, which shows the time of the relay, and on one in MongoDB. The limit is the time that kafkajs takes to send the same batches to the same broker afterwards, encoded beforehand. Once each.`,
  async run() {
    const broker = brokerControl();
    const figures: BenchmarkFigure[] = [];
    for (const name of STORES) {
      await using store = await openStore(name);
      figures.push(await recovered(store, broker));
    }
    return figures;
  },
};

interface Store extends AsyncDisposable {
  readonly name: string;
  readonly stores: AuthStores;
}

async function openStore(name: string): Promise<Store> {
  if (name === 'SQLite') return sqliteStore();
  if (name === 'MongoDB') return mongoStore();
  throw new Error(`RECOVERY_STORES may name SQLite and MongoDB, not ${name}`);
}

async function sqliteStore(): Promise<Store> {
  const { stores, close } = await openTemporaryStores();
  return {
    name: 'SQLite',
    stores,
    [Symbol.asyncDispose]: close,
  };
}

async function mongoStore(): Promise<Store> {
  const database = await createBenchDatabase();
  const mongo = openMongo({ url: database.url });
  await mongo.reached;
  await ensureIndexes(mongo.connection, authIndexes);
  return {
    name: 'MongoDB',
    stores: openMongoAuthStores(mongo.connection),
    async [Symbol.asyncDispose]() {
      await mongo.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function recovered({ name, stores }: Store, broker: Broker): Promise<BenchmarkFigure> {
  await using topics = createBenchTopics();
  const bus = openBenchmarkBus(topics.brokers);
  const topic = topics.name();
  await bus.ensureTopics([{ ...accountsTopic, name: topic }]);
  const batches: (readonly OutgoingRecord[])[] = [];
  const { outbox, emptied } = countPublishedCommits(stores.outbox, COMMITS);
  const relay = createRelay({
    outbox,
    journal: stores.journal,
    signer: testSigner,
    bus: {
      async publish(_, records) {
        await bus.publish(topic, records);
        batches.push(records);
      },
    },
    leases: createLeases(stores.leases),
    instance: randomUUID(),
    now: () => new Date(),
    logger: createLogger({ name: 'bench', level: 'silent' }),
    registry: createMetricsRegistry(),
  });
  async function isFailing() {
    return (await relay.health())[0]?.detail?.startsWith('publishing to ');
  }

  await broker('stop');
  try {
    await fill(stores.journal);
    await relay.start();
    await eventually('the relay knows that the broker is down', isFailing, NOTICED_WITHIN_MS);
  } finally {
    await broker('start');
  }
  const measured = (await measureMs(() => emptied)) / 1000;
  await relay.stop();
  const limit = (await measureBareProducerMs(topics.kafka, topic, batches)) / 1000;
  await bus.close();
  return {
    what: `broker restarted → outbox in ${name} empty (limit: kafkajs)`,
    unit: 's',
    limit,
    measured,
    target: createMaxTarget(30, 's'),
  };
}

type Broker = (word: 'start' | 'stop') => Promise<unknown>;

function brokerControl(): Broker {
  const command = process.env['KAFKA_CONTROL'];
  if (!command)
    throw new Error('KAFKA_CONTROL is not set: nobody here can stop the broker (CONTRIBUTING.md)');
  return (word) => promisify(exec)(`${command} ${word}`);
}

async function fill(journal: Journal): Promise<void> {
  await repeatConcurrently(ACCOUNTS, APPENDS_AT_ONCE, async () => {
    const stream = randomUUID();
    await journal.append(createRegistrationCommit(`${stream}@example.com`, { stream }));
    await journal.append(createCommit({ stream, number: 2 }));
  });
}
