/**
 * Decides which test files run together in one process. Starting a process and loading the modules of a test file often
 * take longer than the tests of the file. Therefore files that change nothing outside their own tests run one after the
 * other in one process.
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface TestFile {
  /** The path of the file, relative to the root of the repository. */
  readonly path: string;
  readonly source: string;
}

/** The paths of the test files that one process runs, in their order. */
export type TestProcess = readonly string[];

/**
 * The suffix of the main modules of processes that run several test files. A main module runs each test file as a
 * suite, whose name is the path of the file.
 */
export const SHARED_PROCESS_SUFFIX = '.shared.mjs';

/**
 * The maximum number of test files per process. It is high enough to save most process starts, and low enough that all
 * processes end at about the same time.
 */
const MAX_FILES = 20;

/**
 * Matches the source of a test file that may change its whole process, because the file uses `process`, globals, mocks,
 * child processes or threads.
 */
const PROCESS_WIDE =
  /(?<!-)\bprocess\.(?!env\b)\w|\bglobalThis\b|\bmock\b|node:child_process|node:worker_threads/;

/**
 * Matches the paths of tests that create a very large number of objects. Each of these files gets its own
 * process, because garbage collection makes it several times slower if the heap also contains the objects of
 * other files.
 */
const ALLOCATES_MUCH = /\baccount\.property\.test\.ts$/;

/**
 * Matches the paths of tests that install built packages. All of them run in one process, which builds each package only
 * once.
 */
const BUILDS_PACKAGES = /\bpackage\.test\.ts$/;

/** Assigns every test file to a process. The processes that take the longest come first. */
export function assignFilesToProcesses(files: readonly TestFile[]): readonly TestProcess[] {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const packages = sorted.filter(({ path }) => BUILDS_PACKAGES.test(path)).map(({ path }) => path);
  const blackBox = sorted.filter(isBlackBox);
  const others = sorted.filter((file) => !isBlackBox(file) && !packages.includes(file.path));
  const alone = others.filter(runsAlone);
  const sharing = others.filter((file) => !runsAlone(file));
  return [
    ...(packages.length > 0 ? [packages] : []),
    ...[...blackBox, ...alone].map(({ path }) => [path]),
    ...inEqualParts(sharing),
  ];
}

function isBlackBox({ path }: TestFile): boolean {
  return path.endsWith('.e2e.test.ts');
}

function runsAlone({ path, source }: TestFile): boolean {
  return PROCESS_WIDE.test(source) || ALLOCATES_MUCH.test(path);
}

function inEqualParts(files: readonly TestFile[]): readonly TestProcess[] {
  const count = Math.ceil(files.length / MAX_FILES);
  return Array.from({ length: count }, (_, index) =>
    files
      .slice(Math.round((index * files.length) / count), Math.round(((index + 1) * files.length) / count))
      .map(({ path }) => path),
  );
}

/**
 * Returns the source code of the main module of a process that runs several test files. The module runs each file in a
 * separate suite, so that the file's hooks apply only to its own tests. If a file cannot be loaded, its suite fails.
 */
export function createSharedProcessSource(root: string, process: TestProcess): string {
  const suites = process.map((path) => {
    const url = JSON.stringify(pathToFileURL(join(root, path)));
    return `suite(${JSON.stringify(path)}, async () => void (await import(${url})));`;
  });
  return ["import { suite } from 'node:test';", ...suites, ''].join('\n');
}
