/** `npm run test:all`: runs all tests that need no Kafka, MongoDB or other server. */
import { availableParallelism } from 'node:os';
import { runSuites, testFileGlobs } from './run-suites.ts';

process.exitCode = await runSuites({
  files: testFileGlobs('.test.ts'),
  concurrency: 3 * availableParallelism(),
  share: true,
});
