/** `npm run test:all`: every test that needs no server. */
import { runSuites } from './run-suites.ts';

const files = ['libs', 'services', 'deploy', 'examples', 'test'].map((room) => `${room}/**/*.test.ts`);
process.exitCode = await runSuites({ files, concurrency: 2 });
