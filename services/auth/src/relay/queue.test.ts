import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createStreamQueue } from './queue.ts';

describe('the queue of streams', () => {
  const queueOf = (...streams: readonly string[]) => {
    const ending = new AbortController();
    const queue = createStreamQueue(3, ending.signal);
    for (const stream of streams) queue.add(stream);
    return { ...queue, end: () => ending.abort() };
  };

  test('hands out each stream once, in the order in which they came', async () => {
    const { add, take } = queueOf('b', 'a', 'b');
    assert.deepEqual(await take(10), ['b', 'a']);
    add('b');
    assert.deepEqual(await take(10), ['b']);
  });

  test('keeps what it was not asked for', async () => {
    const { take } = queueOf('a', 'b', 'c');
    assert.deepEqual(await take(2), ['a', 'b']);
    assert.deepEqual(await take(2), ['c']);
  });

  test('waits until there is one', async () => {
    const { add, take } = queueOf();
    const taken = take(2);
    add('a');
    assert.deepEqual(await taken, ['a']);
  });

  test('drops what does not fit', async () => {
    const { take } = queueOf('a', 'b', 'c', 'd');
    assert.deepEqual(await take(10), ['a', 'b', 'c']);
  });

  test('ends for one who waits, and for all who come later', async () => {
    const { add, take, end } = queueOf();
    const taken = take(1);
    end();
    assert.deepEqual(await taken, []);
    add('a');
    assert.deepEqual(await take(1), []);
  });
});
