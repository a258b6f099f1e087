import { randomUUID } from 'node:crypto';
import type { Bus, OutgoingRecord } from '@latchkey/bus';
import { accountsTopic } from '@latchkey/events';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import type { Commit } from '../../services/auth/src/ports/journal.ts';
import {
  createCommit,
  createRegistrationCommit,
  testSigner,
} from '../../services/auth/src/ports/testing/commits.ts';
import { createMemoryStores } from '../../services/auth/src/ports/testing/memory-stores.ts';
import { createRelay } from '../../services/auth/src/relay/relay.ts';
import { type Benchmark, createAtLeastPercentOfLimitTarget } from '../support/benchmark.ts';
import { measureBareProducerMs, openBenchmarkBus, watchUnpublishedCommits } from '../support/kafka.ts';
import { measureMs } from '../support/load.ts';
import { createBenchTopics } from '../support/servers.ts';
import { measureAlternately } from '../support/statistics.ts';

const ACCOUNTS = 10_000;
const COMMITS = 2 * ACCOUNTS;
const ROUNDS = 5;

export const relayBenchmark: Benchmark = {
  name: 'relay',
  title: 'Relay',
  method: `${COMMITS} commits of ${ACCOUNTS} accounts in a journal in memory, from the start of the relay until all of them are marked. Against a producer of kafkajs that sends the same records in the same batches, encoded beforehand, with the same guarantees (one send in flight, all replicas). Alternating, ${ROUNDS} times, medians.`,
  async run() {
    await using topics = createBenchTopics();
    const bus = openBenchmarkBus(topics.brokers);
    const topic = topics.name();
    await bus.ensureTopics([{ ...accountsTopic, name: topic }]);
    try {
      const batches: OutgoingRecord[][] = [];
      await publishAll(async (records) => {
        batches.push([...records]);
        await bus.publish(topic, records);
      });
      const turns = await measureAlternately(ROUNDS, {
        raw: async () => perSecond(await measureBareProducerMs(topics.kafka, topic, batches)),
        relay: () => publishAll((records) => bus.publish(topic, records)),
      });
      return [
        {
          what: 'records published (limit: kafkajs)',
          unit: '/s',
          limit: turns.raw,
          measured: turns.relay,
          target: createAtLeastPercentOfLimitTarget(80, turns.raw),
        },
      ];
    } finally {
      await bus.close();
    }
  },
};

/**
 * Runs the relay, which publishes the commits in the outbox, until the outbox is empty.
 * @returns commits per second
 */
async function publishAll(publish: (records: readonly OutgoingRecord[]) => Promise<void>): Promise<number> {
  const { journal, outbox, streams, emptied } = await fullOutbox();
  const bus: Pick<Bus, 'publish'> = { publish: (_, records) => publish(records) };
  const running = createRelay({
    outbox,
    journal,
    signer: testSigner,
    bus,
    leases: { take: async () => false, release: async () => undefined },
    instance: 'bench',
    now: () => new Date(),
    logger: createLogger({ name: 'bench', level: 'silent' }),
    registry: createMetricsRegistry(),
  });
  for (const stream of streams) running.nudge(stream);
  const ms = await measureMs(async () => {
    await running.start();
    await emptied;
  });
  await running.stop();
  return perSecond(ms);
}

function perSecond(ms: number): number {
  return (1000 * COMMITS) / ms;
}

/** Returns an outbox with two commits per account. `emptied` resolves once all commits are marked as published. */
async function fullOutbox() {
  const { journal, outbox } = createMemoryStores();
  const streams = Array.from({ length: ACCOUNTS }, () => randomUUID());
  for (const stream of streams) for (const commit of commitsOf(stream)) await journal.append(commit);
  // Turn off the search for waiting streams, so that only the time to empty the outbox is measured.
  return { journal, ...watchUnpublishedCommits({ ...outbox, waiting: async () => [] }, COMMITS), streams };
}

function commitsOf(stream: string): readonly Commit[] {
  return [createRegistrationCommit(`${stream}@example.com`, { stream }), createCommit({ stream, number: 2 })];
}
