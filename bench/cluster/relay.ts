import { randomUUID } from 'node:crypto';
import { type Message, Partitioners, type Producer } from 'kafkajs';
import type { Bus, OutgoingRecord } from '../../libs/bus/src/index.ts';
import { createKafkaBus } from '../../libs/bus/src/kafka/index.ts';
import { accountsTopic } from '../../libs/events/src/index.ts';
import { createLogger, createRegistry } from '../../libs/service/src/index.ts';
import { commitOf, registrationOf } from '../../services/auth/src/ports/journal.fixtures.ts';
import { createMemoryJournal } from '../../services/auth/src/ports/journal.memory.ts';
import type { Commit, Journal } from '../../services/auth/src/ports/journal.ts';
import { createRelay } from '../../services/auth/src/relay/relay.ts';
import { atLeast, type Benchmark } from '../support/benchmark.ts';
import { timed } from '../support/load.ts';
import { openTopics } from '../support/servers.ts';
import { byTurns } from '../support/statistics.ts';

const ACCOUNTS = 10_000;
const COMMITS = 2 * ACCOUNTS;
const ROUNDS = 5;
const ALL_REPLICAS = -1;

export const relay: Benchmark = {
  name: 'relay',
  title: 'Relay',
  method: `${COMMITS} commits of ${ACCOUNTS} accounts in a journal in memory, from the start of the relay until all of them are marked. Against a producer of kafkajs that sends the same records in the same batches, encoded beforehand, with the same guarantees (one send in flight, all replicas). By turns, ${ROUNDS} times, medians.`,
  async run() {
    await using topics = openTopics();
    const bus = createKafkaBus({
      brokers: topics.brokers,
      clientId: 'bench',
      logger: { warn: () => undefined },
      onFatal: (reason) => {
        throw reason;
      },
    });
    const producer = topics.kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      idempotent: false,
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
    });
    const topic = topics.name();
    await bus.ensureTopics([{ ...accountsTopic, name: topic }]);
    await producer.connect();
    try {
      const batches: OutgoingRecord[][] = [];
      await publishAll(async (records) => {
        batches.push([...records]);
        await bus.publish(topic, records);
      });
      const turns = await byTurns(ROUNDS, {
        raw: () => sendAll(producer, topic, batches),
        relay: () => publishAll((records) => bus.publish(topic, records)),
      });
      return [
        {
          what: 'records published (limit: kafkajs)',
          unit: '/s',
          limit: turns.raw,
          measured: turns.relay,
          target: atLeast(70, turns.raw),
        },
      ];
    } finally {
      await producer.disconnect();
      await bus.close();
    }
  },
};

/** Records a second through the relay. */
async function publishAll(publish: (records: readonly OutgoingRecord[]) => Promise<void>): Promise<number> {
  const { journal, streams, emptied } = await fullJournal();
  const bus: Pick<Bus, 'publish'> = { publish: (_, records) => publish(records) };
  const running = createRelay({
    journal,
    bus,
    leases: { take: async () => false, release: async () => undefined },
    instance: 'bench',
    now: () => new Date(),
    logger: createLogger({ name: 'bench', level: 'silent' }),
    registry: createRegistry(),
  });
  for (const stream of streams) running.nudge(stream);
  const ms = await timed(async () => {
    await running.start();
    await emptied;
  });
  await running.stop();
  return (1000 * COMMITS) / ms;
}

/** Records a second through a bare producer. */
async function sendAll(
  producer: Producer,
  topic: string,
  batches: readonly (readonly OutgoingRecord[])[],
): Promise<number> {
  const ready = batches.map((batch) => batch.map(toMessage));
  const ms = await timed(async () => {
    for (const messages of ready) {
      await producer.send({ topic, messages, acks: ALL_REPLICAS });
    }
  });
  return (1000 * COMMITS) / ms;
}

const toMessage = ({ key, value, headers }: OutgoingRecord): Message => ({
  key,
  value,
  headers: { ...(headers as Record<string, string>) },
});

/** Of each account two commits; `emptied` once all of them were marked. */
async function fullJournal() {
  const journal = createMemoryJournal();
  const streams = Array.from({ length: ACCOUNTS }, () => randomUUID());
  for (const stream of streams) for (const commit of commitsOf(stream)) await journal.append(commit);
  const { promise: emptied, resolve } = Promise.withResolvers<void>();
  let marked = 0;
  const watched: Journal = {
    ...journal,
    // The outbox is full on purpose: what is measured is how it drains, not how it is searched.
    waiting: async () => [],
    async markPublished(commits) {
      await journal.markPublished(commits);
      marked += commits.length;
      if (marked === COMMITS) resolve();
    },
  };
  return { journal: watched, streams, emptied };
}

const commitsOf = (stream: string): readonly Commit[] => [
  registrationOf(`${stream}@example.com`, { stream }),
  commitOf({ stream, number: 2 }),
];
