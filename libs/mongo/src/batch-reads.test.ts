import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createBatchedReader } from './batch-reads.ts';

/** Returns a function that doubles numbers, and a list of the numbers that were passed to each call. */
function doubles() {
  const calls: (readonly number[])[] = [];
  const read = createBatchedReader<number, number>(async (keys) => {
    calls.push(keys);
    if (keys.includes(-1)) throw new Error('away');
    return keys.map((key) => 2 * key);
  });
  return { read, calls };
}

test('keys of one turn are read with one call, each with its own value', async () => {
  const { read, calls } = doubles();
  assert.deepEqual(await Promise.all([read(3), read(1), read(3)]), [6, 2, 6]);
  assert.deepEqual(calls, [[3, 1, 3]]);
});

test('a key that is asked for while a call runs is read by the next', async () => {
  const { read, calls } = doubles();
  const first = read(1);
  await nextTurn();
  const second = read(1);
  assert.deepEqual(await Promise.all([first, second]), [2, 2]);
  assert.deepEqual(calls, [[1], [1]]);
});

test('no call has more than 50 keys', async () => {
  const { read, calls } = doubles();
  const keys = Array.from({ length: 120 }, (_, n) => n);
  assert.deepEqual(
    await Promise.all(keys.map(read)),
    keys.map((key) => 2 * key),
  );
  assert.deepEqual(
    calls.map(({ length }) => length),
    [50, 50, 20],
  );
});

test('a call that fails fails its own keys alone', async () => {
  const { read } = doubles();
  const failing = [read(-1), read(2)];
  await Promise.all(failing.map((each) => assert.rejects(each, /away/)));
  assert.equal(await read(2), 4);
});

test('a call that returns too few values fails, instead of keeping its callers waiting', async () => {
  const read = createBatchedReader<number, number>(async () => []);
  await assert.rejects(read(1), /a value for each key/);
});
