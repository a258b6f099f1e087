import { ACCOUNTS_TOPIC, accountsTopic, encode } from '@latchkey/events';
import { createFeed, feedRoutes } from '@latchkey/feed';
import { createListeningPart } from '@latchkey/http';
import { createLogger, createRegistry } from '@latchkey/process';
import type { Kafka } from 'kafkajs';
import { createTestHistory } from '../../services/user/src/testing/history.ts';
import { type Benchmark, createMinTarget } from '../support/benchmark.ts';
import { openBus } from '../support/kafka.ts';
import { measureMs } from '../support/load.ts';
import { openTopics } from '../support/servers.ts';
import { measureAlternately } from '../support/statistics.ts';

const ACCOUNTS = 10_000;
const EVENTS = 2 * ACCOUNTS;
const ROUNDS = 5;

export const feedBenchmark: Benchmark = {
  name: 'feed',
  title: 'Feed',
  method: `${EVENTS} events of ${ACCOUNTS} accounts, read from the first one on by one client in pages of 1000, with personal data, each page parsed as JSON. Against a consumer of kafkajs that reads the same topic and parses each value. Alternating, ${ROUNDS} times, medians.`,
  async run() {
    await using topics = openTopics();
    const bus = openBus(topics.brokers);
    const topic = topics.name();
    await bus.ensureTopics([{ ...accountsTopic, name: topic }]);
    const accounts = Array.from({ length: ACCOUNTS }, (_, index) => createTestHistory(`person${index}`));
    const events = [
      ...accounts.map((account) => account.registered()),
      ...accounts.map((account) => account.verified()),
    ];
    for (let at = 0; at < events.length; at += 1000)
      await bus.publish(
        topic,
        events.slice(at, at + 1000).map((event) => encode(event)),
      );
    const server = serve({ tail: (name) => bus.tail(name === ACCOUNTS_TOPIC ? topic : name) });
    await server.start();
    const url = `http://127.0.0.1:${server.port()}/events`;
    try {
      const turns = await measureAlternately(ROUNDS, {
        kafka: async () => perSecond(await readAll(topics.kafka, topic)),
        feed: async () => perSecond(await measureMs(() => readFeed(url))),
      });
      return [
        {
          what: 'events read (limit: kafkajs)',
          unit: '/s',
          limit: turns.kafka,
          measured: turns.feed,
          target: createMinTarget(50, turns.kafka),
        },
      ];
    } finally {
      await server.stop();
      await bus.close();
    }
  },
};

function perSecond(ms: number): number {
  return (1000 * EVENTS) / ms;
}

function serve(bus: Parameters<typeof createFeed>[0]) {
  return createListeningPart({
    name: 'feed',
    host: '127.0.0.1',
    port: 0,
    routes: feedRoutes({
      feed: createFeed(bus, async (records) => records),
      path: '/events',
      policy: {
        who: 'the benchmark',
        bearer: false,
        problems: [],
        authorise: async () => ({ id: 'bench', name: 'bench', person: true }),
      },
    }),
    logger: createLogger({ name: 'bench', level: 'silent' }),
    registry: createRegistry(),
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'drop',
  });
}

async function readFeed(url: string): Promise<void> {
  let [count, after] = [0, ''];
  while (count < EVENTS) {
    const answer = await fetch(`${url}?limit=1000${after}`);
    count += ((await answer.json()) as readonly unknown[]).length;
    after = `&after=${answer.headers.get('feed-cursor')}`;
  }
}

/**
 * Returns how long a consumer takes to read all records, in ms. Measured from the moment at which it has joined its
 * group, because joining a new group takes seconds.
 */
async function readAll(kafka: Kafka, topic: string): Promise<number> {
  const consumer = kafka.consumer({ groupId: `bench-${crypto.randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const { promise, resolve } = Promise.withResolvers<number>();
  let count = 0;
  let from = performance.now();
  consumer.on(consumer.events.GROUP_JOIN, () => {
    from = performance.now();
  });
  await consumer.run({
    async eachBatch({ batch }) {
      for (const { value } of batch.messages) JSON.parse(String(value));
      count += batch.messages.length;
      if (count >= EVENTS) resolve(performance.now() - from);
    },
  });
  const ms = await promise;
  await consumer.disconnect();
  return ms;
}
