import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAllPages } from './pages.ts';

async function read(items: readonly string[]): Promise<readonly (readonly string[])[]> {
  const read: (readonly string[])[] = [];
  const after = (last: string | undefined) => items.filter((item) => last === undefined || item > last);
  for await (const page of readAllPages<string>((last) => after(last).slice(0, 2))) read.push(page);
  return read;
}

test('pages hold every item once, in order, and none is empty', async () => {
  assert.deepEqual(await read([]), []);
  assert.deepEqual(await read(['a', 'b', 'c', 'd']), [
    ['a', 'b'],
    ['c', 'd'],
  ]);
  assert.deepEqual(await read(['a', 'b', 'c']), [['a', 'b'], ['c']]);
});

test('other work runs between the pages', async () => {
  let turns = 0;
  let counter = setImmediate(function count() {
    turns += 1;
    counter = setImmediate(count);
  });
  await read(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  clearImmediate(counter);
  assert.ok(turns >= 3, `${turns} turns`);
});
