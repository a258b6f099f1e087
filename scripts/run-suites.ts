/**
 * Runs suites in Node's test runner. Options of the command line: `--test-name-pattern=TEXT` and
 * `--test-shard=INDEX/TOTAL`, as those of `node --test`.
 */
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import reporter from './reporter.ts';
import { planProcesses, SHARED_PROCESS_SUFFIX, sharedEntry, type TestProcess } from './test-processes.ts';

export interface Suites {
  /** Glob patterns. */
  readonly files: readonly string[];
  /** The number of processes to run at the same time. */
  readonly concurrency: number;
  /** Whether files that change nothing outside their tests share processes. */
  readonly share: boolean;
}

const ROOT = join(import.meta.dirname, '..');

/** Returns globs that match the files with this ending in every folder of the root that has tests. */
export function inEveryFolder(ending: string): readonly string[] {
  return ['libs', 'services', 'apps', 'examples', 'scripts', 'test'].map(
    (folder) => `${folder}/**/*${ending}`,
  );
}

/** Runs suites, and prints the report. SIGINT and SIGTERM end them. @returns the exit code: 0 if every test has passed */
export async function runSuites({ files, concurrency, share }: Suites): Promise<number> {
  const { values } = parseArgs({
    options: {
      'test-name-pattern': { type: 'string', multiple: true, default: [] },
      'test-shard': { type: 'string', default: '1/1' },
    },
  });
  const [index = 1, total = 1] = values['test-shard'].split('/').map(Number);
  // Tests start hundreds of processes: this way Node strips and compiles each source file once for all of them.
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, 'node_modules', '.cache', 'compiled');

  const paths = await Array.fromAsync(glob(files, { cwd: ROOT, exclude: ['**/node_modules/**'] }));
  if (paths.length === 0) throw new Error(`no file matches ${files.join(', ')}`);
  const entries = await mkdtemp(join(tmpdir(), 'latchkey-tests-'));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  let failed = false;
  try {
    const events = run({
      cwd: ROOT,
      files: share ? await writeEntries(entries, paths) : paths.toSorted().map((path) => join(ROOT, path)),
      concurrency,
      signal: stop.signal,
      shard: { index, total },
      testNamePatterns: values['test-name-pattern'],
      execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    });
    events.on('test:fail', ({ todo }) => {
      failed ||= todo === undefined || todo === false;
    });
    for await (const text of events.compose(reporter)) process.stdout.write(text);
  } finally {
    await rm(entries, { recursive: true });
  }
  return failed ? 1 : 0;
}

/** Writes the main module of each process that runs several files. @returns the main modules of all processes */
async function writeEntries(folder: string, paths: readonly string[]): Promise<string[]> {
  const files = paths.map(async (path) => ({ path, source: await readFile(join(ROOT, path), 'utf8') }));
  return await Promise.all(planProcesses(await Promise.all(files)).map(entryOf));

  async function entryOf(process: TestProcess, index: number): Promise<string> {
    const [path = '', ...others] = process;
    if (others.length === 0) return join(ROOT, path);
    const entry = join(folder, `${index}${SHARED_PROCESS_SUFFIX}`);
    await writeFile(entry, sharedEntry(ROOT, process));
    return entry;
  }
}
