import { measureBareNodeMemoryMegabytes } from './support/bare-node.ts';
import type { Benchmark } from './support/benchmark.ts';
import { MIXED_WORK_MINUTES, PAUSE_BEFORE_MEMORY_READ_MS, runMixedWork } from './support/mixed-work.ts';
import { startBenchmarkServer } from './support/server.ts';

const MB = 1_000_000;

export const memoryBenchmark: Benchmark = {
  name: 'memory',
  title: 'Memory after work',
  method: `RSS of a standalone ${PAUSE_BEFORE_MEMORY_READ_MS / 1000} s after ${MIXED_WORK_MINUTES} min of mixed work (four people at a time sign up, verify their address, sign in, change and read their profile, and refresh their session), and once more after the same time. The limit is an idle Node process. Mails go to the development mailbox.`,
  async run() {
    await using server = await startBenchmarkServer();
    const limit = await measureBareNodeMemoryMegabytes();
    async function afterWork() {
      const served = await runMixedWork(server);
      const measured = (await server.metric('latchkey_process_resident_memory_bytes')) / MB;
      return { served, measured };
    }
    const once = await afterWork();
    const twice = await afterWork();
    const unit = 'MB';
    return [
      { what: `memory (RSS) after ${once.served} people`, unit, limit, measured: once.measured },
      {
        what: `memory after ${once.served + twice.served} people (limit: after ${once.served})`,
        unit,
        limit: once.measured,
        measured: twice.measured,
        target: { max: 1.2 * once.measured, words: '≤ 1.2 × limit' },
      },
    ];
  },
};
