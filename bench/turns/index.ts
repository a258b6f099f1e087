import type { Benchmark } from '../support/benchmark.ts';
import { measureTurnsOfAuth } from './auth.ts';
import { ROW_COUNT } from './longest-turn.ts';
import { measureTurnsOfNotifier } from './notifier.ts';
import { measureTurnsOfFirstPasswordChecks } from './passwords.ts';
import { measureTurnsOfStandalone } from './server.ts';
import { measureTurnsOfSignUpCleanup } from './sign-ups.ts';
import { measureTurnsOfUserService } from './user.ts';

export const eventLoopTurnBenchmark: Benchmark = {
  name: 'turns',
  title: `Longest turn of the event loop, with ${ROW_COUNT.toLocaleString('en')} rows or accounts`,
  method:
    'Requests have to wait while a sweep blocks the event loop. Each sweep removes all rows of one store in this process; the commands run on a standalone in another process. The embedded store is used. perf_hooks measures the elapsed time of each turn, and process.threadCpuUsage its CPU time.',
  async run() {
    return [
      ...(await measureTurnsOfFirstPasswordChecks()),
      ...(await measureTurnsOfSignUpCleanup()),
      ...(await measureTurnsOfAuth()),
      ...(await measureTurnsOfNotifier()),
      ...(await measureTurnsOfUserService()),
      ...(await measureTurnsOfStandalone()),
    ];
  },
};
