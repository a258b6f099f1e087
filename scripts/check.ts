/** `npm run check`: runs the `check:…` scripts of package.json, two at a time, and prints their output. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';

/** The names of the checks, without the prefix `check:`, slowest first. */
const CHECKS = ['types', 'lint', 'arrows', 'docs', 'unused', 'schemas'];

/** Runs one check. @returns whether it passed */
async function runCheck(name: string): Promise<boolean> {
  const start = performance.now();
  const child = spawn(`npm run -s check:${name} 2>&1`, {
    shell: true,
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const printed = await text(child.stdout);
  const [code]: unknown[] = await closed;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'passed' : 'FAILED'}  check:${name} (${seconds} s)`);
  if (printed.trim() !== '') console.log(printed.trimEnd());
  return code === 0;
}

/**
 * Takes checks from a list that several callers share, and runs them until the list is empty.
 * @returns whether all of these checks passed
 */
async function runFrom(names: string[]): Promise<boolean> {
  let passed = true;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (!(await runCheck(name))) passed = false;
  }
  return passed;
}

const names = [...CHECKS];
const lanes = Array.from({ length: Math.min(2, availableParallelism()) }, () => runFrom(names));
process.exitCode = (await Promise.all(lanes)).every(Boolean) ? 0 : 1;
