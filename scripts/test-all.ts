/** `npm run test:all`: runs all tests that need no servers. */
import { inEveryRoom, runSuites } from './run-suites.ts';

process.exitCode = await runSuites({ files: inEveryRoom('.test.ts'), concurrency: 2 });
