import type { Benchmark } from '../support/benchmark.ts';
import { measureAuthCleanup } from './auth.ts';
import { ROWS } from './longest-turn.ts';
import { measureNotifierSweeps } from './notifier.ts';
import { measureServerTurns } from './server.ts';
import { measureSignUpCleanup } from './sign-ups.ts';
import { measureUserSweeps } from './user.ts';

export const eventLoopTurnBenchmark: Benchmark = {
  name: 'turns',
  title: `Longest turn of the event loop, with ${ROWS.toLocaleString('en')} rows or accounts`,
  method:
    'Requests have to wait while a sweep blocks the event loop. Each sweep removes all rows of one store in this process; the commands run on a standalone in another process. The embedded store is used. perf_hooks measures the elapsed time of each turn, and process.threadCpuUsage its CPU time.',
  async run() {
    return [
      ...(await measureSignUpCleanup()),
      ...(await measureAuthCleanup()),
      ...(await measureNotifierSweeps()),
      ...(await measureUserSweeps()),
      ...(await measureServerTurns()),
    ];
  },
};
