/**
 * Runs suites in Node's test runner. Words of the command line are options for it, but for `--retry`: files in which
 * something failed are run once more then, and the report says which passed only at the second time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Suites {
  /** Globs. */
  readonly files: readonly string[];
  /** How many files at a time. */
  readonly concurrency: number;
}

/** Globs of the files that end so, in every room that has any. */
export function inEveryRoom(ending: string): readonly string[] {
  return ['libs', 'services', 'apps', 'examples', 'test'].map((room) => `${room}/**/*${ending}`);
}

const FAILED_FILES = join(import.meta.dirname, 'failed-files.ts');

/** @returns the exit code of the test runner */
export async function runSuites({ files, concurrency }: Suites): Promise<number> {
  const words = process.argv.slice(2);
  const options = words.filter((word) => word !== '--retry');
  const first = await run({ files, concurrency, options });
  if (first.code === 0 || !words.includes('--retry') || first.failed.length === 0) return first.code;

  console.log(`\nOnce more:\n${listed(first.failed)}\n`);
  // They are of this shard as they stand.
  const again = options.filter((word) => !word.startsWith('--test-shard'));
  const second = await run({ files: first.failed, concurrency: 1, options: again });
  const passed = first.failed.filter((file) => !second.failed.includes(file));
  if (passed.length > 0)
    console.log(`\nFailed, and passed when run again; there is a flaw to be found:\n${listed(passed)}`);
  return second.code;
}

function listed(files: readonly string[]): string {
  return files.map((file) => `  ${file}`).join('\n');
}

interface Outcome {
  readonly code: number;
  /** Files in which something failed. */
  readonly failed: readonly string[];
}

async function run({
  files,
  concurrency,
  options,
}: Suites & { readonly options: readonly string[] }): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-tests-'));
  try {
    const failed = join(folder, 'failed');
    // Where the test runner does not come to write it: it refuses an option, say.
    await writeFile(failed, '');
    const flags = [
      '--disable-warning=TimeoutNegativeWarning',
      '--test',
      `--test-concurrency=${concurrency}`,
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      ...[`--test-reporter=${FAILED_FILES}`, `--test-reporter-destination=${failed}`],
    ];
    const child = spawn(process.execPath, [...flags, ...options, ...files], { stdio: 'inherit' });
    const [code]: (number | null)[] = await once(child, 'close');
    const lines = (await readFile(failed, 'utf8')).split('\n');
    return { code: code ?? 1, failed: lines.filter((line) => line !== '') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
