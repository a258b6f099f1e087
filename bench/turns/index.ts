import type { Benchmark } from '../support/benchmark.ts';
import { measureAuthTurns } from './auth.ts';
import { ROW_COUNT } from './longest-turn.ts';
import { measureNotifierTurns } from './notifier.ts';
import { measureFirstPasswordCheckTurns } from './passwords.ts';
import { measureServerTurns } from './server.ts';
import { measureSignUpCleanupTurns } from './sign-ups.ts';
import { measureUserServiceTurns } from './user.ts';

export const eventLoopTurnBenchmark: Benchmark = {
  name: 'turns',
  title: `Longest turn of the event loop, with ${ROW_COUNT.toLocaleString('en')} rows or accounts`,
  method:
    'Requests have to wait while a sweep blocks the event loop. Each sweep removes all rows of one store in this process; the commands run on a standalone in another process. The embedded store is used. perf_hooks measures the elapsed time of each turn, and process.threadCpuUsage its CPU time.',
  async run() {
    return [
      ...(await measureFirstPasswordCheckTurns()),
      ...(await measureSignUpCleanupTurns()),
      ...(await measureAuthTurns()),
      ...(await measureNotifierTurns()),
      ...(await measureUserServiceTurns()),
      ...(await measureServerTurns()),
    ];
  },
};
