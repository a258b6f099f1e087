import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs';
import { logLevel } from 'kafkajs';
import Runner from 'kafkajs/src/consumer/runner.js';
import { createLogger } from 'kafkajs/src/loggers/index.js';
import { createStoppableConsumer } from './stoppable-consumer.ts';

/**
 * How often the fetch loop may ask for the list of brokers before the test ends the loop. Without this
 * limit, a loop that does not end by itself would block the test process.
 */
const MOST_QUESTIONS = 100;

/**
 * Runs the fetch loop of kafkajs without a real broker. The simulated broker with id 1 responds
 * immediately, and the one with id 2 responds when the test calls `respond`.
 * @param createConsumer creates a consumer of the given kafkajs client
 */
async function runFetchLoop(
  createConsumer: (kafka: Pick<Kafka, 'consumer'>, config: ConsumerConfig) => Consumer,
) {
  let nodes = [1, 2];
  let questions = 0;
  const response = Promise.withResolvers<void>();
  const bothAsked = Promise.withResolvers<void>();
  const cluster = {
    getNodeIds() {
      questions += 1;
      if (questions > MOST_QUESTIONS) throw new RangeError('The fetch loop blocks the process.');
      return nodes;
    },
  };
  const crashes: Error[] = [];
  function consumer({ partitionAssigners = [] }: ConsumerConfig) {
    for (const createAssigner of partitionAssigners) createAssigner({ cluster } as never);
    const runner = new Runner({
      logger: createLogger({ level: logLevel.NOTHING, logCreator: () => () => undefined }),
      consumerGroup: {
        connect: async () => undefined,
        joinAndSync: async () => undefined,
        heartbeat: async () => undefined,
        leave: async () => undefined,
        getNodeIds: () => cluster.getNodeIds(),
        async fetch(node: number) {
          if (node === 2) {
            bothAsked.resolve();
            await response.promise;
          } else await bothAsked.promise;
          return [];
        },
      },
      instrumentationEmitter: { emit: () => undefined },
      heartbeatInterval: 1000,
      retry: { initialRetryTime: 1, retries: 1 },
      onCrash: (error) => void crashes.push(error),
      concurrency: 1,
    });
    return { run: () => runner.start(), stop: () => runner.stop() };
  }
  const created = createConsumer({ consumer } as unknown as Kafka, { groupId: 'readers' });
  await created.run();
  await bothAsked.promise;
  return {
    consumer: created,
    crashes,
    /** Changes the set of brokers. The fetch loop then waits for all responses, and starts again. */
    changeBrokers() {
      nodes = [1, 2, 3];
    },
    respond: response.resolve,
  };
}

test('a consumer stops although the brokers change while it waits for a response', async () => {
  const { consumer, crashes, changeBrokers, respond } = await runFetchLoop(createStoppableConsumer);
  changeBrokers();
  await new Promise(setImmediate);
  const stopped = consumer.stop();
  respond();
  await stopped;
  assert.deepEqual(crashes, []);
});

test('a consumer of kafkajs itself does not', async () => {
  const { consumer, crashes, changeBrokers, respond } = await runFetchLoop((kafka, config) =>
    kafka.consumer(config),
  );
  changeBrokers();
  await new Promise(setImmediate);
  const stopped = consumer.stop();
  respond();
  await stopped;
  assert.match(String(crashes), /blocks the process/);
});
