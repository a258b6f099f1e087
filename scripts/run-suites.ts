/** Runs test suites in Node's test runner, with the options in the command line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Suites {
  /** Glob patterns. */
  readonly files: readonly string[];
  /** The number of files to run at the same time. */
  readonly concurrency: number;
}

/**
 * Tests start hundreds of processes. With this cache, Node strips and compiles each source file only once for all of
 * them.
 */
const NODE_COMPILE_CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled');

/** Returns globs that match the files with this ending in every folder of the root. */
export function inEveryRoom(ending: string): readonly string[] {
  return ['libs', 'services', 'apps', 'examples', 'scripts', 'test'].map((room) => `${room}/**/*${ending}`);
}

/**
 * Runs test files.
 * @returns the exit code of the test runner
 */
export async function runSuites({ files, concurrency }: Suites): Promise<number> {
  const flags = [
    '--disable-warning=TimeoutNegativeWarning',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`,
  ];
  const child = spawn(process.execPath, [...flags, ...process.argv.slice(2), ...files], {
    env: { NODE_COMPILE_CACHE, ...process.env },
    stdio: 'inherit',
  });
  const [code]: (number | null)[] = await once(child, 'close');
  return code ?? 1;
}
