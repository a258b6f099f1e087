/** Runs suites in Node's test runner; words of the command line are options for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Suites {
  /** Globs. */
  readonly files: readonly string[];
  /** How many files at a time. */
  readonly concurrency: number;
}

/** @returns the exit code of the test runner */
export async function runSuites({ files, concurrency }: Suites): Promise<number> {
  const flags = ['--disable-warning=TimeoutNegativeWarning', '--test', `--test-concurrency=${concurrency}`];
  const child = spawn(process.execPath, [...flags, ...process.argv.slice(2), ...files], { stdio: 'inherit' });
  const [code]: (number | null)[] = await once(child, 'close');
  return code ?? 1;
}
