/** `npm run test:all`: every test that needs no server. */
import { inEveryRoom, runSuites } from './run-suites.ts';

process.exitCode = await runSuites({ files: inEveryRoom('.test.ts'), concurrency: 2 });
