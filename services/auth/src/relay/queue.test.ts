import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPublishQueue } from './queue.ts';

describe('the queue of streams', () => {
  function queueOf(...streams: readonly string[]) {
    const ending = new AbortController();
    const queue = createPublishQueue(3, ending.signal);
    for (const stream of streams) queue.add(stream);
    function next(limit: number) {
      return queue.next({ fresh: limit, retried: limit });
    }
    return {
      ...queue,
      nextOf: next,
      streams: async (limit: number) => (await next(limit)).streams,
      end: () => ending.abort(),
    };
  }

  test('returns each stream once, first in, first out', async () => {
    const { add, streams, release } = queueOf('b', 'a', 'b');
    assert.deepEqual(await streams(10), ['b', 'a']);
    release(['a', 'b']);
    add('b');
    assert.deepEqual(await streams(10), ['b']);
  });

  test('leaves out the streams of earlier batches until they are released', async () => {
    const { add, addRetry, nextOf, release, size } = queueOf('a', 'b');
    assert.deepEqual(await nextOf(1), { streams: ['a'], isRetry: false });
    add('a');
    addRetry('a');
    assert.equal(size(), 1);
    assert.deepEqual(await nextOf(10), { streams: ['b'], isRetry: false });
    assert.equal(size(), 0);
    const taken = nextOf(10);
    release(['a', 'b']);
    assert.deepEqual(await taken, { streams: ['a'], isRetry: true });
  });

  test('keeps what exceeds the limit', async () => {
    const { streams } = queueOf('a', 'b', 'c');
    assert.deepEqual(await streams(2), ['a', 'b']);
    assert.deepEqual(await streams(2), ['c']);
  });

  test('waits while it is empty', async () => {
    const { add, addRetry, streams } = queueOf();
    const taken = streams(2);
    add('a');
    assert.deepEqual(await taken, ['a']);
    const again = streams(2);
    addRetry('b');
    assert.deepEqual(await again, ['b']);
  });

  test('drops what exceeds its capacity', async () => {
    const { addRetry, nextOf } = queueOf('a', 'b', 'c', 'd');
    addRetry('e');
    assert.deepEqual(await nextOf(10), { streams: ['a', 'b', 'c'], isRetry: false });
  });

  test('alternates between new and retried streams, each with its own limit', async () => {
    const { add, addRetry, next, hasRetries } = queueOf('a');
    addRetry('x');
    addRetry('y');
    assert.equal(hasRetries(), true);
    const limits = { fresh: 10, retried: 1 };
    assert.deepEqual(await next(limits), { streams: ['x'], isRetry: true });
    add('b');
    assert.deepEqual(await next(limits), { streams: ['a', 'b'], isRetry: false });
    assert.deepEqual(await next(limits), { streams: ['y'], isRetry: true });
    assert.equal(hasRetries(), false);
  });

  test('ends for a waiting reader, and for later ones', async () => {
    const { add, streams, end } = queueOf();
    const taken = streams(1);
    end();
    assert.deepEqual(await taken, []);
    add('a');
    assert.deepEqual(await streams(1), []);
  });
});
