/**
 * Runs test suites in Node's test runner. The command-line options `--test-name-pattern=TEXT` and
 * `--test-shard=INDEX/TOTAL` have the same meaning as in `node --test`.
 */
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { prepareProgramBundles } from './program-bundles.js';
import reporter from './reporter.ts';
import {
  assignFilesToProcesses,
  createSharedProcessSource,
  SHARED_PROCESS_SUFFIX,
  type TestFile,
  type TestProcess,
} from './test-processes.ts';

export interface SuiteRunOptions {
  /** Glob patterns that select the test files. */
  readonly files: readonly string[];
  /** How many processes of the test runner run at the same time. */
  readonly concurrency: number;
  /**
   * Whether several test files may run in one process. A file that may change something outside its own tests
   * always gets its own process.
   */
  readonly share: boolean;
}

const ROOT = join(import.meta.dirname, '..');

/**
 * The timeout of a test, in ms. The slowest test takes one minute on two idle cores, and ten minutes at a load average
 * of 90.
 */
const TEST_TIMEOUT_MS = 20 * 60_000;

/** Returns glob patterns for the files with the given ending in every top-level folder that contains tests. */
export function listTestFileGlobs(ending: string): readonly string[] {
  return ['libs', 'services', 'apps', 'examples', 'scripts', 'test'].map(
    (folder) => `${folder}/**/*${ending}`,
  );
}

/**
 * Runs test suites, and prints the report. SIGINT and SIGTERM end the suites.
 * @returns the exit code, which is 0 if every test has passed
 */
export async function runSuites({ files, concurrency, share }: SuiteRunOptions): Promise<number> {
  const { values } = parseArgs({
    options: {
      'test-name-pattern': { type: 'string', multiple: true, default: [] },
      'test-shard': { type: 'string', default: '1/1' },
    },
  });
  const [index = 1, total = 1] = values['test-shard'].split('/').map(Number);
  // Share a cache of compiled code, because the tests start hundreds of processes. With this cache, Node strips the
  // types of each source file and compiles the file only once.
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, 'node_modules', '.cache', 'compiled');

  process.env['PROGRAM_BUNDLES'] ??= prepareProgramBundles();

  const paths = await Array.fromAsync(glob(files, { cwd: ROOT, exclude: ['**/node_modules/**'] }));
  if (paths.length === 0) throw new Error(`no file matches ${files.join(', ')}`);
  const entries = await mkdtemp(join(tmpdir(), 'latchkey-tests-'));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  let failed = false;
  try {
    const processes = share
      ? assignFilesToProcesses(await read(paths))
      : paths.toSorted().map((path) => [path]);
    const filesOf = await writeEntries(entries, processes);
    const events = run({
      cwd: ROOT,
      files: [...filesOf.keys()],
      concurrency,
      timeout: TEST_TIMEOUT_MS,
      signal: stop.signal,
      shard: { index, total },
      testNamePatterns: values['test-name-pattern'],
      execArgv: [
        '--disable-warning=TimeoutNegativeWarning',
        `--import=${join(import.meta.dirname, 'end-hung-process.ts')}`,
      ],
    });
    events.on('test:fail', ({ name, todo }) => {
      failed ||= todo === undefined || todo === false;
      if (name.endsWith(SHARED_PROCESS_SUFFIX))
        console.error(`${name} crashed or hung. It ran:\n  ${filesOf.get(name)?.join('\n  ')}`);
    });
    for await (const text of events.compose(reporter)) process.stdout.write(text);
  } finally {
    await rm(entries, { recursive: true });
  }
  return failed ? 1 : 0;
}

async function read(paths: readonly string[]): Promise<TestFile[]> {
  return await Promise.all(
    paths.map(async (path) => ({ path, source: await readFile(join(ROOT, path), 'utf8') })),
  );
}

/**
 * Writes a main module for each process that runs several test files.
 * @returns the test files of each process, by the path of its main module
 */
async function writeEntries(
  folder: string,
  processes: readonly TestProcess[],
): Promise<ReadonlyMap<string, TestProcess>> {
  return new Map(await Promise.all(processes.map(entryOf)));

  async function entryOf(files: TestProcess, index: number): Promise<[string, TestProcess]> {
    const [path = '', ...others] = files;
    if (others.length === 0) return [join(ROOT, path), files];
    const entry = join(folder, `${index}${SHARED_PROCESS_SUFFIX}`);
    await writeFile(entry, createSharedProcessSource(ROOT, files));
    return [entry, files];
  }
}
