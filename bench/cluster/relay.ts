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
import { type Benchmark, createMinPercentOfLimitTarget } from '../support/benchmark.ts';
import { createCpuMeter, type MeasureWallMs } from '../support/cpu-meter.ts';
import { countPublishedCommits, measureBareProducerMs, openBenchmarkBus } from '../support/kafka.ts';
import { measureMs } from '../support/load.ts';
import { createBenchTopics } from '../support/servers.ts';
import { measureAlternately } from '../support/statistics.ts';

/** The number of accounts. It equals the number of streams that fit into the queue of the relay. */
const ACCOUNTS = 10_000;
const COMMITS_PER_ACCOUNT = Math.max(
  2,
  Math.round(Number(process.env['RELAY_COMMITS'] ?? 20_000) / ACCOUNTS),
);
const COMMITS = COMMITS_PER_ACCOUNT * ACCOUNTS;
const ROUNDS = Number(process.env['RELAY_ROUNDS'] ?? 5);

export const relayBenchmark: Benchmark = {
  name: 'relay',
  title: 'Relay',
  method: `${COMMITS} commits of ${ACCOUNTS} accounts in a journal in memory, from the start of the relay until all of them are marked. Against a producer of kafkajs that sends the same records in the same batches, encoded beforehand, with the same guarantees (one send in flight, all replicas). Rates, and the CPU time of the process that sends. Alternating, ${ROUNDS} times, medians.`,
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
      const cpu = { raw: createCpuMeter(), relay: createCpuMeter() };
      const turns = await measureAlternately(ROUNDS, {
        raw: async () =>
          perSecond(await measureBareProducerMs(topics.kafka, topic, batches, cpu.raw.measure)),
        relay: () => publishAll((records) => bus.publish(topic, records), cpu.relay.measure),
      });
      return [
        {
          what: 'records published (limit: kafkajs)',
          unit: '/s',
          limit: turns.raw,
          measured: turns.relay,
          target: createMinPercentOfLimitTarget(80, turns.raw),
        },
        {
          what: 'CPU of a record (limit: kafkajs)',
          unit: 'µs',
          limit: cpu.raw.median() / COMMITS,
          measured: cpu.relay.median() / COMMITS,
        },
      ];
    } finally {
      await bus.close();
    }
  },
};

/**
 * Starts a relay on a full outbox, and waits until the relay has published and marked all commits.
 * @returns commits per second
 */
async function publishAll(
  publish: (records: readonly OutgoingRecord[]) => Promise<void>,
  measure: MeasureWallMs = measureMs,
): Promise<number> {
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
  const ms = await measure(async () => {
    await running.start();
    await emptied;
  });
  await running.stop();
  return perSecond(ms);
}

function perSecond(ms: number): number {
  return (1000 * COMMITS) / ms;
}

/**
 * Returns an outbox that contains the commits of all accounts, and a promise `emptied`, which resolves once all commits
 * are marked as published.
 */
async function fullOutbox() {
  const { journal, outbox } = createMemoryStores();
  const streams = Array.from({ length: ACCOUNTS }, () => randomUUID());
  for (const stream of streams) for (const commit of commitsOf(stream)) await journal.append(commit);
  // Replace `waiting`, which the relay calls periodically to find unpublished commits, by a function that
  // finds nothing. The searches would add to the measured time.
  return {
    journal,
    ...countPublishedCommits({ ...outbox, waiting: async () => ({ streams: [], hasMore: false }) }, COMMITS),
    streams,
  };
}

function commitsOf(stream: string): readonly Commit[] {
  const later = Array.from({ length: COMMITS_PER_ACCOUNT - 1 }, (_, index) =>
    createCommit({ stream, number: index + 2 }),
  );
  return [createRegistrationCommit(`${stream}@example.com`, { stream }), ...later];
}
