/** `npm run test:all`: runs all tests that need neither Kafka nor MongoDB nor any other server. */
import { availableParallelism } from 'node:os';
import { listTestFileGlobs, runSuites } from './run-suites.ts';

process.exitCode = await runSuites({
  files: listTestFileGlobs('.test.ts'),
  concurrency: 3 * availableParallelism(),
  share: true,
});
