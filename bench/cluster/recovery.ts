import { exec } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { OutgoingRecord } from '../../libs/bus/src/index.ts';
import { accountsTopic } from '../../libs/events/src/index.ts';
import { ensureIndexes, openMongo } from '../../libs/mongo/src/index.ts';
import { createLogger, createRegistry } from '../../libs/service/src/index.ts';
import { journalIndexes } from '../../services/auth/src/adapters/journal.mongo.schema.ts';
import { createMongoJournal } from '../../services/auth/src/adapters/journal.mongo.ts';
import { createMongoLeases } from '../../services/auth/src/adapters/leases.mongo.ts';
import { commitOf, registrationOf } from '../../services/auth/src/ports/journal.fixtures.ts';
import type { Journal } from '../../services/auth/src/ports/journal.ts';
import { createRelay } from '../../services/auth/src/relay/relay.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Benchmark } from '../support/benchmark.ts';
import { openBus, sendAll, watched } from '../support/kafka.ts';
import { repeat, timed } from '../support/load.ts';
import { openDatabase, openTopics } from '../support/servers.ts';

const ACCOUNTS = 5_000;
const COMMITS = 2 * ACCOUNTS;
const APPENDS_AT_ONCE = 50;
const NOTICED_WITHIN_MS = 120_000;

export const recovery: Benchmark = {
  name: 'recovery',
  title: 'Recovery',
  method: `${COMMITS} commits of ${ACCOUNTS} accounts, appended to the journal in MongoDB while the broker is away: from its return (KAFKA_CONTROL start has ended, so it answers) until none is left in the outbox, by one relay that has nothing but its sweep to find them. The limit is what kafkajs takes to send the same batches to the same broker afterwards, encoded beforehand. Once.`,
  async run() {
    const broker = brokerControl();
    await using topics = openTopics();
    await using database = await openDatabase();
    const mongo = openMongo({ url: database.url });
    await mongo.reached;
    await ensureIndexes(mongo.connection, journalIndexes);
    const bus = openBus(topics.brokers);
    const topic = topics.name();
    await bus.ensureTopics([{ ...accountsTopic, name: topic }]);
    const batches: (readonly OutgoingRecord[])[] = [];
    const { journal, emptied } = watched(createMongoJournal(mongo.connection), COMMITS);
    const relay = createRelay({
      journal,
      bus: {
        async publish(_, records) {
          await bus.publish(topic, records);
          batches.push(records);
        },
      },
      leases: createMongoLeases(mongo.connection),
      instance: randomUUID(),
      now: () => new Date(),
      logger: createLogger({ name: 'bench', level: 'silent' }),
      registry: createRegistry(),
    });
    const isFailing = async () => (await relay.health())[0]?.detail?.startsWith('publishing to ');

    await broker('stop');
    try {
      await fill(journal);
      await relay.start();
      await eventually('the relay knows that the broker is away', isFailing, NOTICED_WITHIN_MS);
    } finally {
      await broker('start');
    }
    const measured = (await timed(() => emptied)) / 1000;
    await relay.stop();
    const limit = (await sendAll(topics.kafka, topic, batches)) / 1000;
    await bus.close();
    await mongo.close();
    return [{ what: 'broker back → outbox empty (limit: kafkajs)', unit: 's', limit, measured }];
  },
};

function brokerControl(): (word: 'start' | 'stop') => Promise<unknown> {
  const command = process.env['KAFKA_CONTROL'];
  if (!command)
    throw new Error('KAFKA_CONTROL is not set: nobody here can stop the broker (CONTRIBUTING.md)');
  return (word) => promisify(exec)(`${command} ${word}`);
}

async function fill(journal: Journal): Promise<void> {
  await repeat(ACCOUNTS, APPENDS_AT_ONCE, async () => {
    const stream = randomUUID();
    await journal.append(registrationOf(`${stream}@example.com`, { stream }));
    await journal.append(commitOf({ stream, number: 2 }));
  });
}
