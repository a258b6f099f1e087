/** Runs suites in Node's test runner. Arguments of the command line are passed to it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Suites {
  /** Globs. */
  readonly files: readonly string[];
  /** How many files run at the same time. */
  readonly concurrency: number;
}

/** Tests start hundreds of processes: this way Node strips and compiles each source file once for all of them. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled');

/** Returns globs of the files that end with `ending`, in every room. */
export function inEveryRoom(ending: string): readonly string[] {
  return ['libs', 'services', 'apps', 'examples', 'scripts', 'test'].map((room) => `${room}/**/*${ending}`);
}

/** Runs suites. @returns the exit code of the test runner */
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
