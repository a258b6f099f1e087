/**
 * Which test files share a process. To start a process for a file, and to load its modules, often takes longer than
 * its tests, so files that change nothing outside their tests run one after the other in one process.
 */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface TestFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly source: string;
}

/** Paths of the files of one process, in the order in which they run. */
export type TestProcess = readonly string[];

/** How the names of main modules end that run the files of a shared process, each as a suite with the file's path. */
export const SHARED_PROCESS_SUFFIXES = '.shared.mjs';

/** Enough to save most starts; few enough for processes that end at about the same time. */
const MOST_FILES = 20;

/** The process itself, globals, mocked timers, child processes and threads. */
const PROCESS_WIDE = /\bprocess\.(?!env\b)|\bglobalThis\b|\bmock\b|node:child_process|node:worker_threads/;

/** Returns the processes that run all files. The ones that take longest, the black-box tests, come first. */
export function planProcesses(files: readonly TestFile[]): readonly TestProcess[] {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const blackBox = sorted.filter(isBlackBox);
  const others = sorted.filter((file) => !isBlackBox(file));
  const alone = others.filter(changesProcess);
  const sharing = others.filter((file) => !changesProcess(file));
  return [...[...blackBox, ...alone].map(({ path }) => [path]), ...inEqualParts(sharing)];
}

function isBlackBox({ path }: TestFile): boolean {
  return path.endsWith('.e2e.test.ts');
}

function changesProcess({ source }: TestFile): boolean {
  return PROCESS_WIDE.test(source);
}

function inEqualParts(files: readonly TestFile[]): readonly TestProcess[] {
  const count = Math.ceil(files.length / MOST_FILES);
  return Array.from({ length: count }, (_, index) =>
    files
      .slice(Math.round((index * files.length) / count), Math.round(((index + 1) * files.length) / count))
      .map(({ path }) => path),
  );
}

/**
 * Returns the main module of a shared process. A suite for each file limits the file's hooks to its own tests, and
 * fails if the file cannot be loaded.
 */
export function sharedEntry(root: string, process: TestProcess): string {
  const suites = process.map((path) => {
    const url = JSON.stringify(pathToFileURL(join(root, path)));
    return `suite(${JSON.stringify(path)}, async () => void (await import(${url})));`;
  });
  return ["import { suite } from 'node:test';", ...suites, ''].join('\n');
}
