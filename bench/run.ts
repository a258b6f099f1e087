/** `npm run bench` runs all benchmarks of a standalone; `npm run bench -- login refresh` runs only the named ones. */
import { guard } from './guard.ts';
import { latency } from './latency.ts';
import { login } from './login.ts';
import { notifier } from './notifier.ts';
import { primitives } from './primitives.ts';
import { rebuild } from './rebuild.ts';
import { refresh } from './refresh.ts';
import { signUp } from './sign-up.ts';
import { size } from './size.ts';
import { runBenchmarks } from './support/run-benchmarks.ts';
import { turns } from './turns.ts';
import { verification } from './verification.ts';

await runBenchmarks([
  login,
  signUp,
  refresh,
  latency,
  notifier,
  size,
  rebuild,
  turns,
  guard,
  verification,
  primitives,
]);
