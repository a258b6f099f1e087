import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createStreamQueue } from './queue.ts';

describe('the queue of streams', () => {
  function queueOf(...streams: readonly string[]) {
    const ending = new AbortController();
    const queue = createStreamQueue(3, ending.signal);
    for (const stream of streams) queue.add(stream);
    function taken(limit: number) {
      return queue.take({ fresh: limit, again: limit });
    }
    return {
      ...queue,
      taken,
      streams: async (limit: number) => (await taken(limit)).streams,
      end: () => ending.abort(),
    };
  }

  test('hands out each stream once, in the order in which they came', async () => {
    const { add, streams } = queueOf('b', 'a', 'b');
    assert.deepEqual(await streams(10), ['b', 'a']);
    add('b');
    assert.deepEqual(await streams(10), ['b']);
  });

  test('keeps what it was not asked for', async () => {
    const { streams } = queueOf('a', 'b', 'c');
    assert.deepEqual(await streams(2), ['a', 'b']);
    assert.deepEqual(await streams(2), ['c']);
  });

  test('waits until there is one', async () => {
    const { add, putBack, streams } = queueOf();
    const taken = streams(2);
    add('a');
    assert.deepEqual(await taken, ['a']);
    const again = streams(2);
    putBack('b');
    assert.deepEqual(await again, ['b']);
  });

  test('drops what does not fit', async () => {
    const { putBack, taken } = queueOf('a', 'b', 'c', 'd');
    putBack('e');
    assert.deepEqual(await taken(10), { streams: ['a', 'b', 'c'], again: false });
  });

  test('hands out what was put back by turns with what is new, each with its own limit', async () => {
    const { add, putBack, take, holdsBack } = queueOf('a');
    putBack('x');
    putBack('y');
    assert.equal(holdsBack(), true);
    const limits = { fresh: 10, again: 1 };
    assert.deepEqual(await take(limits), { streams: ['x'], again: true });
    add('b');
    assert.deepEqual(await take(limits), { streams: ['a', 'b'], again: false });
    assert.deepEqual(await take(limits), { streams: ['y'], again: true });
    assert.equal(holdsBack(), false);
  });

  test('ends for one who waits, and for all who come later', async () => {
    const { add, streams, end } = queueOf();
    const taken = streams(1);
    end();
    assert.deepEqual(await taken, []);
    add('a');
    assert.deepEqual(await streams(1), []);
  });
});
