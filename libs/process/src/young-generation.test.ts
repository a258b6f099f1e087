import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const MODULE = new URL('./young-generation.ts', import.meta.url);

/**
 * A program that creates many objects that survive a garbage collection, and then prints the size of V8's
 * young generation in MB. It prints the smallest size within a second, because on a busy machine the threads
 * of the garbage collector need time to release pages.
 */
const script = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { limitYoungGeneration } from '${MODULE}';
  if (process.argv.includes('limit')) limitYoungGeneration(process);
  const kept = [];
  for (let n = 0; n < 400_000; n += 1) kept[n % 20_000] = { text: 'a' + n };
  const sizes = [];
  for (let look = 0; look < 20; look += 1) {
    sizes.push(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.log(Math.min(...sizes) / 1024 ** 2);
`;

async function outputOf(words: readonly string[], options: readonly string[]): Promise<string> {
  const node = [...options, '--input-type=module', '--eval', script, ...words];
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: import.meta.dirname });
  return stdout;
}

async function youngMegabytes(words: readonly string[], options: readonly string[] = []): Promise<number> {
  return Number(await outputOf(words, options));
}

/**
 * Returns how much time threads other than the main thread have spent on collecting the young generation, in
 * ms.
 */
async function msOfOtherThreads(words: readonly string[], options: readonly string[] = []): Promise<number> {
  const output = await outputOf(words, ['--trace-gc-nvp', ...options]);
  const times = [...output.matchAll(/background\.scavenge\.parallel=([\d.]+)/g)];
  assert.ok(times.length > 0);
  return times.reduce((sum, [, ms]) => sum + Number(ms), 0);
}

test('the young generation stays small, unless an option says otherwise', async () => {
  const [plain, limited, chosen] = await Promise.all([
    youngMegabytes([]),
    youngMegabytes(['limit']),
    youngMegabytes(['limit'], ['--max-semi-space-size=8']),
  ]);
  assert.equal(limited, 4);
  assert.ok(plain > limited, `${plain} MB`);
  assert.ok(chosen > limited, `${chosen} MB`);
});

test('one thread collects a small young generation, unless an option sets its size', async () => {
  const [limited, chosen] = await Promise.all([
    msOfOtherThreads(['limit']),
    msOfOtherThreads(['limit'], ['--max-semi-space-size=8']),
  ]);
  assert.equal(limited, 0);
  assert.ok(chosen > 0);
});
