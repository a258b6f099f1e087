/**
 * Measures the cost of verifying event signatures while a consumer fills a read model from the beginning of the log.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import {
  createFixedEventKeySource,
  createRecordAuthenticator,
  type RecordAuthenticator,
} from '@latchkey/consumer';
import { acceptAllRecords } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { createMetricsRegistry, parseJson } from '@latchkey/process';
import { createSqliteStore, type Database, openDatabase } from '@latchkey/sqlite';
import { loadOrGenerateSecrets } from '../apps/standalone/src/secrets.ts';
import { createSilentLogger } from '../apps/standalone/src/testing.ts';
import { createProfileProjection } from '../services/user/src/projection/projection.ts';
import { createProjectionMetrics } from '../services/user/src/projection/projection-metrics.ts';
import { openUserStorage } from '../services/user/src/storage/index.ts';
import { getProfileTableName } from '../services/user/src/storage/sqlite/migrations.ts';
import { eventually } from '../test/support/eventually.ts';
import type { Benchmark, BenchmarkFigure } from './support/benchmark.ts';
import { seedLog } from './support/seed-log.ts';
import { measureAlternately } from './support/statistics.ts';

const EVENTS = Number(process.env['VERIFICATION_EVENTS'] ?? 200_000);
const ROUNDS = Number(process.env['VERIFICATION_ROUNDS'] ?? 3);
const SHAPES = [5, 20];
const MOST = 1.25;
const GROUP = 'bench';
const MOST_MS = 60 * 60 * 1000;

export const verificationBenchmark: Benchmark = {
  name: 'verification',
  title: 'Verification',
  method: `CPU of filling a read model from the beginning of a log of ${EVENTS.toLocaleString('en')} events, all threads, in one process: with the check of every hash, and of one signature per account, and without (the limit). Alternating, ${ROUNDS} times, medians. Up to 10,000 accounts are active at the same time, so that neighbouring records are of different accounts.`,
  async run() {
    const figures: BenchmarkFigure[] = [];
    for (const eventsEach of SHAPES) figures.push(await figureOf(eventsEach));
    return figures;
  },
};

async function figureOf(eventsEach: number): Promise<BenchmarkFigure> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  try {
    await seedLog(folder, { accounts: EVENTS / eventsEach, eventsEach });
    const keys = createFixedEventKeySource(
      parseJson((await loadOrGenerateSecrets(folder)).EVENT_SIGNING_KEYS),
    );
    const database = openDatabase({ folder, as: 'server' });
    const { without, checked } = await measureAlternately(ROUNDS, {
      without: () => cpuSeconds(database, () => acceptAllRecords),
      checked: () =>
        cpuSeconds(database, (log) =>
          createRecordAuthenticator({ keys, policy: 'require', topics: [ACCOUNTS_TOPIC], ahead: { log } }),
        ),
    });
    await database.close();
    return {
      what: `CPU with ${eventsEach} events per account (limit: without checks)`,
      unit: 's',
      limit: without,
      measured: checked,
      target: { max: MOST * without, words: `≤ ${MOST} × limit` },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

type AuthenticateOn = (log: ReturnType<typeof createEmbeddedBus>) => RecordAuthenticator;

/**
 * Fills a read model once from the beginning of the log.
 * @returns the CPU time of all threads, in seconds
 */
async function cpuSeconds(database: Database, authenticateOn: AuthenticateOn): Promise<number> {
  const { profilesOf } = openUserStorage(createSqliteStore(database));
  await database.write(() => {
    database.prepare(`DELETE FROM ${getProfileTableName('v1')}`).run();
    database.prepare('DELETE FROM bus_position WHERE "group" = ?').run(GROUP);
  });
  const bus = createEmbeddedBus({ database });
  const project = createProfileProjection({
    log: bus,
    authenticate: authenticateOn(bus),
    onForged(_, [first]) {
      if (first !== undefined) throw new Error(first.cause);
    },
    profiles: profilesOf(1),
    metrics: createProjectionMetrics({
      registry: createMetricsRegistry(),
      lag: async () => 0,
      parked: async () => 0,
      forked: async () => 0,
      generation: () => 1,
    }),
    logger: createSilentLogger(),
    now: () => new Date(),
    announce: () => undefined,
    confirm: async () => undefined,
  });
  const from = process.cpuUsage();
  const subscription = await bus.subscribe({ topics: [ACCOUNTS_TOPIC], group: GROUP, handle: project });
  await eventually('everything is read', async () => (await subscription.lag()) === 0, MOST_MS);
  const { user, system } = process.cpuUsage(from);
  await subscription.close();
  await bus.close();
  return (user + system) / 1e6;
}
