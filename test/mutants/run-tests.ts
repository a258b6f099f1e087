import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';

/**
 * Runs test files in a separate process, all of them in the same one.
 * @param folder the folder with the sources
 * @param patterns the test files, relative to `folder`
 * @param withinMs how long the tests may take, in ms
 * @returns whether all tests passed in time
 */
export async function runTests(
  folder: string,
  patterns: readonly string[],
  withinMs: number,
): Promise<boolean> {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: folder }));
  // Run the test files in the test runner's own process: starting another process would take longer than the tests.
  const child = spawn(process.execPath, ['--test', '--test-isolation=none', ...files], {
    cwd: folder,
    stdio: 'ignore',
    timeout: withinMs,
    // Kill the test runner with SIGKILL: it handles SIGTERM itself, but not while a test is stuck in a loop.
    killSignal: 'SIGKILL',
  });
  const [code]: (number | null)[] = await once(child, 'close');
  return code === 0;
}
