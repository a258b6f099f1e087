import {
  createGenuineRecordFilter,
  createRecordAuthenticator,
  createVerifiedProofCache,
} from '@latchkey/consumer';
import { signEventRecords, testEventJwks, testEventKeySource } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, accountsTopic } from '@latchkey/events';
import { createFeed, createFeedRoutes } from '@latchkey/feed';
import { createHttpServerPart } from '@latchkey/http';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { createTestHistory } from '../../services/user/src/testing/history.ts';
import { type Benchmark, createMinPercentOfLimitTarget } from '../support/benchmark.ts';
import { openBenchmarkBus } from '../support/kafka.ts';
import { startReaderProcess } from '../support/reader-process.ts';
import { createBenchTopics } from '../support/servers.ts';
import { measureAlternately } from '../support/statistics.ts';

const ACCOUNTS = 10_000;
const EVENTS = 2 * ACCOUNTS;
const ROUNDS = 5;
const EVENTS_PATH = '/api/v1/events';

export const feedBenchmark: Benchmark = {
  name: 'feed',
  title: 'Feed',
  method: `${EVENTS} signed events of ${ACCOUNTS} accounts, read from the first one on by one client in pages of 1000, with personal data, each page parsed as JSON. The feed checks the hash of every event; it verified the signatures in the warm-up, as the read model does for new events. Against a consumer of kafkajs that reads the same topic and parses each value, without any check. Then the same events with \`subscribe\`, from the feed and from Kafka, where it checks hashes and signatures itself. The readers have processes of their own. Alternating, ${ROUNDS} times, medians.`,
  async run() {
    await using topics = createBenchTopics();
    const { brokers } = topics;
    const bus = openBenchmarkBus(brokers);
    const topic = topics.name();
    await bus.ensureTopics([{ ...accountsTopic, name: topic }]);
    const accounts = Array.from({ length: ACCOUNTS }, (_, index) => createTestHistory(`person${index}`));
    const records = signEventRecords([
      ...accounts.map((account) => account.registered()),
      ...accounts.map((account) => account.verified()),
    ]);
    for (let at = 0; at < records.length; at += 1000) await bus.publish(topic, records.slice(at, at + 1000));
    const server = serve({ tail: (name) => bus.tail(name === ACCOUNTS_TOPIC ? topic : name) });
    await server.start();
    const url = `http://127.0.0.1:${server.port()}`;
    await using reader = startReaderProcess();
    // Call `subscribe` in a separate process, because `subscribe` patches kafkajs for its whole process.
    await using subscriber = startReaderProcess();
    try {
      const kafka = { brokers: [...brokers], topic };
      const turns = await measureAlternately(ROUNDS, {
        kafka: async () => perSecond(await reader.read({ ...kafka, count: EVENTS })),
        feed: async () => perSecond(await reader.read({ url: url + EVENTS_PATH, count: EVENTS })),
        subscribedToKafka: async () =>
          perSecond(await subscriber.read({ subscribe: { ...kafka, jwks: testEventJwks }, count: EVENTS })),
        subscribedToFeed: async () => perSecond(await subscriber.read({ subscribe: { url }, count: EVENTS })),
      });
      return [
        {
          what: 'events read from the feed, which checks them (limit: kafkajs without checks)',
          unit: '/s',
          limit: turns.kafka,
          measured: turns.feed,
        },
        {
          what: 'events handled by subscribe on the feed (limit: subscribe on Kafka)',
          unit: '/s',
          limit: turns.subscribedToKafka,
          measured: turns.subscribedToFeed,
          target: createMinPercentOfLimitTarget(50, turns.subscribedToKafka),
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

/** Serves the feed as the user service does, but without API keys. */
function serve(bus: Parameters<typeof createFeed>[0]) {
  const authenticate = createRecordAuthenticator({
    keys: testEventKeySource,
    policy: 'require',
    topics: [ACCOUNTS_TOPIC],
    shared: createVerifiedProofCache(EVENTS),
  });
  return createHttpServerPart({
    name: 'feed',
    host: '127.0.0.1',
    port: 0,
    routes: createFeedRoutes({
      feed: createFeed(bus, createGenuineRecordFilter(authenticate)),
      path: EVENTS_PATH,
      policy: {
        who: 'the benchmark',
        bearer: false,
        problems: [],
        authorise: async () => ({ id: 'bench', name: 'bench', person: true }),
      },
    }),
    logger: createLogger({ name: 'bench', level: 'silent' }),
    registry: createMetricsRegistry(),
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'drop',
  });
}
