/**
 * Decides which test files share a process. Starting a process and loading the modules of a file often take longer than
 * its tests, so files that change nothing outside their tests run one after the other in one process.
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface TestFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly source: string;
}

/** The paths of the files that one process runs, in order. */
export type TestProcess = readonly string[];

/**
 * The suffix of the main modules of shared processes. Such a module runs each of its files as a suite that has the
 * file's path as its name.
 */
export const SHARED_PROCESS_SUFFIX = '.shared.mjs';

/**
 * The maximum number of files per process: high enough to save most starts, and low enough that all processes end at
 * about the same time.
 */
const MAX_FILES = 20;

/**
 * Matches sources that may change the whole process, because they use `process`, globals, mocks, child processes or
 * threads.
 */
const PROCESS_WIDE = /\bprocess\.(?!env\b)|\bglobalThis\b|\bmock\b|node:child_process|node:worker_threads/;

/**
 * Matches the paths of tests that create very many objects. In a heap that other files have filled, garbage collection
 * makes them several times slower.
 */
const ALLOCATES_MUCH = /\baccount\.property\.test\.ts$/;

/** Assigns all files to processes. Black-box tests come first, because they take longest. */
export function planProcesses(files: readonly TestFile[]): readonly TestProcess[] {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const blackBox = sorted.filter(isBlackBox);
  const others = sorted.filter((file) => !isBlackBox(file));
  const alone = others.filter(runsAlone);
  const sharing = others.filter((file) => !runsAlone(file));
  return [...[...blackBox, ...alone].map(({ path }) => [path]), ...inEqualParts(sharing)];
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
 * Returns the source of the main module of a shared process. Each file gets its own suite, so that the file's hooks
 * apply only to its own tests. The suite fails if the file cannot be loaded.
 */
export function sharedProcessSource(root: string, process: TestProcess): string {
  const suites = process.map((path) => {
    const url = JSON.stringify(pathToFileURL(join(root, path)));
    return `suite(${JSON.stringify(path)}, async () => void (await import(${url})));`;
  });
  return ["import { suite } from 'node:test';", ...suites, ''].join('\n');
}
