import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { openDatabase } from '@latchkey/sqlite';
import { eventually } from '../test/support/eventually.ts';
import { startOpsCommand } from '../test/support/ops-process.ts';
import {
  type Benchmark,
  type BenchmarkFigure,
  createMaxTarget,
  createMinPercentOfLimitTarget,
} from './support/benchmark.ts';
import { measureMs } from './support/load.ts';
import { measureBareProjection } from './support/raw-projection.ts';
import { seedLog } from './support/seed-log.ts';
import { type BenchmarkServer, startBenchmarkServer } from './support/server.ts';
import { computePercentile } from './support/statistics.ts';

/**
 * The number of events on the log. With fewer events, the ratio of the speeds is the same, but the run is too short to
 * show that memory use remains constant.
 */
const EVENTS = Number(process.env['REBUILD_EVENTS'] ?? 1_000_000);
const EVENTS_EACH = 4;
const MOST_MS = 60 * 60 * 1000;
const LOOK_EVERY_MS = 250;
const ASK_EVERY_MS = 50;
const GROWTH = 1.2;
const MB = 1_000_000;

export const rebuildBenchmark: Benchmark = {
  name: 'rebuild',
  title: 'Rebuild',
  method: `\`ops rebuild user\` while a standalone serves requests, on a log of ${EVENTS.toLocaleString('en')} events of ${(EVENTS / EVENTS_EACH).toLocaleString('en')} accounts: from its start until the other generation has read all of them. The limit: the same records decoded and the same rows upserted, in the same slices, into a table with the same indexes, by one otherwise idle process. Meanwhile: memory of the server, and response time of /livez.`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
    try {
      await seedLog(folder, { accounts: EVENTS / EVENTS_EACH });
      const rebuilt = await rebuildIn(folder);
      const raw = await measureBareProjection(folder);
      return figuresOf(rebuilt, EVENTS / raw.seconds);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

interface Rebuilt {
  readonly seconds: number;
  /**
   * The duration of the whole rebuild command in s, including the comparison of the read models and the switch to the
   * new read model.
   */
  readonly altogether: number;
  /** The memory of the server in bytes, sampled during the rebuild, oldest sample first. */
  readonly memory: readonly number[];
  readonly livez: readonly number[];
}

async function rebuildIn(folder: string): Promise<Rebuilt> {
  await using server = await startBenchmarkServer({ DATA_DIR: folder });
  await eventually(
    'the first generation is filled',
    async () => (await server.metric('latchkey_user_lag_records')) === 0,
    MOST_MS,
  );
  const from = performance.now();
  const command = startOpsCommand({ DATA_DIR: folder }, 'rebuild', 'user');
  const watched = watch(server);
  await readAll(folder, 'user.v2');
  const seconds = (performance.now() - from) / 1000;
  const seen = await watched.stop();
  if ((await command.ended()) !== 0) throw new Error(command.output());
  return { seconds, altogether: (performance.now() - from) / 1000, ...seen };
}

async function readAll(folder: string, group: string): Promise<void> {
  const database = openDatabase({ folder, as: 'shared' });
  const bus = createEmbeddedBus({ database });
  try {
    for (;;) {
      const { read, records } = await bus.progressOf(group, [ACCOUNTS_TOPIC]);
      if (read === records) return;
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    await bus.close();
    await database.close();
  }
}

function watch(server: BenchmarkServer) {
  const memory: number[] = [];
  const livez: number[] = [];
  let going = true;
  const watching = (async () => {
    while (going) {
      livez.push(
        await measureMs(() => fetch(`${server.system.operations}/livez`).then((answer) => answer.text())),
      );
      memory.push(await server.metric('latchkey_process_resident_memory_bytes'));
      await pause(ASK_EVERY_MS);
    }
  })();
  return {
    async stop() {
      going = false;
      await watching;
      return { memory, livez };
    },
  };
}

function figuresOf({ seconds, altogether, memory, livez }: Rebuilt, raw: number): readonly BenchmarkFigure[] {
  const half = Math.ceil(memory.length / 2);
  const [first, second] = [memory.slice(0, half), memory.slice(half)].map((part) => Math.max(...part) / MB);
  if (first === undefined || second === undefined) throw new Error('the memory was never looked at');
  return [
    {
      what: 'events rebuilt (limit: decode and upsert)',
      unit: '/s',
      limit: raw,
      measured: EVENTS / seconds,
      target: createMinPercentOfLimitTarget(85, raw),
    },
    { what: 'whole rebuild, with comparison and switch', unit: 's', measured: altogether },
    {
      what: 'maximum RSS, second half of the rebuild (limit: first half)',
      unit: 'MB',
      limit: first,
      measured: second,
      target: { max: GROWTH * first, words: `≤ ${GROWTH} × limit` },
    },
    { what: '/livez during the rebuild, p50', unit: 'ms', measured: computePercentile(livez, 0.5) },
    {
      what: '/livez during the rebuild, p99',
      unit: 'ms',
      measured: computePercentile(livez, 0.99),
      target: createMaxTarget(50, 'ms'),
    },
  ];
}
