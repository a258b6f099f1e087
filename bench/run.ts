/**
 * `npm run bench` runs all benchmarks of a server that is a single process, and `npm run bench -- login refresh` runs
 * only the benchmarks `login` and `refresh`.
 */
import { diskBenchmark } from './disk.ts';
import { floodBenchmark } from './flood.ts';
import { guardBenchmark } from './guard.ts';
import { latencyBenchmark } from './latency.ts';
import { loginBenchmark } from './login.ts';
import { memoryBenchmark } from './memory.ts';
import { notifierBenchmark } from './notifier.ts';
import { primitivesBenchmark } from './primitives.ts';
import { readsBenchmark } from './reads.ts';
import { rebuildBenchmark } from './rebuild.ts';
import { refreshBenchmark } from './refresh.ts';
import { signUpBenchmark } from './sign-up.ts';
import { sizeBenchmark } from './size.ts';
import { runBenchmarks } from './support/run-benchmarks.ts';
import { eventLoopTurnBenchmark } from './turns/index.ts';
import { verificationBenchmark } from './verification.ts';

await runBenchmarks([
  loginBenchmark,
  signUpBenchmark,
  floodBenchmark,
  refreshBenchmark,
  readsBenchmark,
  latencyBenchmark,
  notifierBenchmark,
  sizeBenchmark,
  diskBenchmark,
  memoryBenchmark,
  rebuildBenchmark,
  eventLoopTurnBenchmark,
  guardBenchmark,
  verificationBenchmark,
  primitivesBenchmark,
]);
