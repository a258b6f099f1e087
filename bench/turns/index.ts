import type { Benchmark } from '../support/benchmark.ts';
import { measureAuthEventLoopTurns } from './auth.ts';
import { ROW_COUNT } from './longest-turn.ts';
import { measureNotifierEventLoopTurns } from './notifier.ts';
import { measureFirstPasswordCheckEventLoopTurns } from './passwords.ts';
import { measureServerEventLoopTurns } from './server.ts';
import { measureSignUpCleanupEventLoopTurns } from './sign-ups.ts';
import { measureUserServiceEventLoopTurns } from './user.ts';

export const eventLoopTurnBenchmark: Benchmark = {
  name: 'turns',
  title: `Longest turn of the event loop, with ${ROW_COUNT.toLocaleString('en')} rows or accounts`,
  method:
    'Requests have to wait while a sweep blocks the event loop. Each sweep removes all rows of one store in this process; the commands run on a standalone in another process. The embedded store is used. perf_hooks measures the elapsed time of each turn, and process.threadCpuUsage its CPU time.',
  async run() {
    return [
      ...(await measureFirstPasswordCheckEventLoopTurns()),
      ...(await measureSignUpCleanupEventLoopTurns()),
      ...(await measureAuthEventLoopTurns()),
      ...(await measureNotifierEventLoopTurns()),
      ...(await measureUserServiceEventLoopTurns()),
      ...(await measureServerEventLoopTurns()),
    ];
  },
};
