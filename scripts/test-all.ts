/**
 * `npm run test:all`: runs all tests that need neither Kafka nor MongoDB nor any other server. Temporary files are kept
 * in memory if the machine has enough memory and TMPDIR is not set.
 */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { createMemoryFolder } from './memory-folder.ts';
import { listTestFileGlobs, runSuites } from './run-suites.ts';

const memory = process.env['TMPDIR'] === undefined ? await createMemoryFolder() : undefined;
if (memory !== undefined) process.env['TMPDIR'] = memory;
try {
  process.exitCode = await runSuites({
    files: listTestFileGlobs('.test.ts'),
    concurrency: 3 * availableParallelism(),
    share: true,
  });
} finally {
  if (memory !== undefined) await rm(memory, { recursive: true, force: true });
}
