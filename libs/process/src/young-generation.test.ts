import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const MODULE = new URL('./young-generation.ts', import.meta.url);

/**
 * Prints the size of V8's young generation in MB, after many objects have survived a garbage collection.
 * Prints the smallest size within a second, because on a busy machine the threads of the garbage collector
 * need time to release pages.
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

async function youngMegabytes(words: readonly string[], options: readonly string[] = []): Promise<number> {
  const node = [...options, '--input-type=module', '--eval', script, ...words];
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: import.meta.dirname });
  return Number(stdout);
}

test('the young generation stays small, unless an option says otherwise', async () => {
  const [plain, limited, chosen] = await Promise.all([
    youngMegabytes([]),
    youngMegabytes(['limit']),
    youngMegabytes(['limit'], ['--max-semi-space-size=8']),
  ]);
  assert.ok(limited <= 4, `${limited} MB`);
  assert.ok(plain > limited, `${plain} MB`);
  assert.ok(chosen > limited, `${chosen} MB`);
});
