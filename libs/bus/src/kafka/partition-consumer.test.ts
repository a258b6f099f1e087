import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BusRecord, PartitionSlice } from '../bus.ts';
import { createPartitionConsumer, type FetchedBatch } from './partition-consumer.ts';

function records(...offsets: number[]): BusRecord[] {
  return offsets.map((offset) => ({
    topic: 't',
    partition: 0,
    offset,
    timestamp: new Date(0),
    key: null,
    value: null,
    headers: {},
  }));
}

/**
 * Creates a partition consumer, and keeps a list of everything that the partition consumer does, in order.
 */
function observed(handle: (slice: PartitionSlice) => Promise<void> = async () => undefined, more = {}) {
  const log: string[] = [];
  const partitionConsumer = createPartitionConsumer({
    group: 'g',
    topic: 't',
    partition: 0,
    sliceSize: 2,
    patienceMs: 10_000,
    handleWithinMs: 120_000,
    onStuck: ({ message }: Error) => void log.push(message),
    logger: { warn: () => undefined },
    handle: async (slice) => {
      log.push(`handle ${slice.records.map(({ offset }) => offset)}`);
      await handle(slice);
    },
    setAside: async (unusable) => void log.push(`set aside ${[...unusable.values()]}`),
    ...more,
  });
  function run(...offsets: number[]): FetchedBatch {
    return {
      records: records(...offsets),
      moveTo: async ({ offset }) => void log.push(`at ${offset}`),
      pause: () => {
        log.push('pause');
        return () => void log.push('resume');
      },
    };
  }
  return { partitionConsumer, log, run };
}

function failing(times: number) {
  let failures = 0;
  return async () => {
    failures += 1;
    if (failures <= times) throw new Error('the store is away');
  };
}

describe('a partition consumer', () => {
  it('stores the position after each slice, before it begins the next', async () => {
    const { partitionConsumer, log, run } = observed();
    await partitionConsumer.take(run(0, 1, 2));
    assert.deepEqual(log, ['handle 0,1', 'at 1', 'handle 2', 'at 2']);
  });

  it('writes dead letters after the handler, and before it stores the position', async () => {
    const { partitionConsumer, log, run } = observed(async (slice) => {
      for (const record of slice.records) slice.setAside(record, 'bad');
    });
    await partitionConsumer.take(run(0));
    assert.deepEqual(log, ['handle 0', 'set aside bad', 'at 0']);
  });

  it('leaves the fetch loop at the first failure, and returns once the slice is handled', async () => {
    const { promise: through, resolve } = Promise.withResolvers<void>();
    const { partitionConsumer, log, run } = observed(failing(1));
    const resumed = run(0);
    await partitionConsumer.take({
      ...resumed,
      pause: () => {
        const resume = resumed.pause();
        return () => {
          resume();
          resolve();
        };
      },
    });
    assert.deepEqual(log, ['handle 0', 'pause']);
    await through;
    assert.deepEqual(log, ['handle 0', 'pause', 'handle 0', 'at 0', 'resume']);
  });

  it('leaves the fetch loop when it takes longer than others should wait', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { partitionConsumer, log, run } = observed(() => gate, { patienceMs: 1 });
    await partitionConsumer.take(run(0));
    assert.deepEqual(log, ['handle 0', 'pause']);
    open();
    await partitionConsumer.close();
    assert.deepEqual(log, ['handle 0', 'pause', 'at 0', 'resume']);
  });

  it('holds no two slices at once, whatever is fetched meanwhile', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { partitionConsumer, log, run } = observed(() => gate, { patienceMs: 1 });
    await partitionConsumer.take(run(0));
    await partitionConsumer.take(run(0, 1));
    assert.deepEqual(log, ['handle 0', 'pause', 'pause']);
    open();
    await partitionConsumer.close();
    assert.deepEqual(log, ['handle 0', 'pause', 'pause', 'at 0', 'resume', 'resume']);
  });

  it('that lost its partition stores no position and begins no other slice', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { partitionConsumer, log, run } = observed(() => gate);
    const taken = partitionConsumer.take(run(0, 1, 2));
    partitionConsumer.revoke();
    open();
    await taken;
    assert.deepEqual(log, ['handle 0,1']);
    await partitionConsumer.take(run(0));
    assert.deepEqual(log, ['handle 0,1', 'handle 0', 'at 0']);
  });

  it('notifies the current slice that its partition is lost, but not the next slice', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const { partitionConsumer, log, run } = observed(async ({ signal }) => {
      signals.push(signal);
      await gate;
      signal.throwIfAborted();
    });
    const taken = partitionConsumer.take(run(0, 1, 2));
    assert.equal(signals[0]?.aborted, false);
    partitionConsumer.revoke();
    assert.equal(signals[0]?.aborted, true);
    open();
    await taken;
    await partitionConsumer.take(run(0));
    assert.deepEqual(log, ['handle 0,1', 'handle 0', 'at 0']);
    assert.equal(signals[1]?.aborted, false);
  });

  it('notifies the current slice that it closes', async () => {
    const signals: AbortSignal[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { partitionConsumer, run } = observed(async ({ signal }) => {
      signals.push(signal);
      await gate;
    });
    const taken = partitionConsumer.take(run(0));
    const closed = partitionConsumer.close();
    assert.equal(signals[0]?.aborted, true);
    open();
    await Promise.all([taken, closed]);
  });

  it('that closes ends its backoff, stores no position of the failed slice, and begins no other', async () => {
    const { partitionConsumer, log, run } = observed(failing(Number.POSITIVE_INFINITY));
    await partitionConsumer.take(run(0, 1, 2));
    await partitionConsumer.close();
    await partitionConsumer.take(run(0));
    assert.deepEqual(log, ['handle 0,1', 'pause', 'resume', 'pause']);
  });

  it('that closes stores the position of the current slice, and does not begin the next', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { partitionConsumer, log, run } = observed(() => gate);
    const taken = partitionConsumer.take(run(0, 1, 2));
    const closing = partitionConsumer.close();
    open();
    await Promise.all([taken, closing]);
    assert.deepEqual(log, ['handle 0,1', 'at 1']);
  });

  it('reports a handler that never ends, once, and keeps waiting', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { partitionConsumer, log, run } = observed(() => gate);
    const taken = partitionConsumer.take(run(0));
    test.mock.timers.tick(119_999);
    assert.deepEqual(log, ['handle 0']);
    test.mock.timers.tick(600_000);
    await taken;
    assert.deepEqual(log.slice(1), [
      'The consumer of group g is stuck: for 120 s its handler has neither finished nor failed for a batch of records of t 0.',
      'pause',
    ]);
    open();
    await nextTurn();
    assert.deepEqual(log.slice(3), ['at 0', 'resume']);
  });

  it('that closes does not wait for a handler that is stuck', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    const { partitionConsumer, log, run } = observed(() => new Promise(() => undefined));
    void partitionConsumer.take(run(0));
    const closed = partitionConsumer.close().then(() => log.push('closed'));
    test.mock.timers.tick(119_999);
    await nextTurn();
    assert.equal(log.at(-1), 'pause');
    test.mock.timers.tick(1);
    await closed;
    assert.equal(log.at(-1), 'closed');
  });

  it('does not report a handler as stuck that fails for hours, or that was slow', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let asked = 0;
    const { partitionConsumer, log, run } = observed(async () => {
      asked += 1;
      if (asked === 1) await gate;
      throw new Error('the store is away');
    });
    const taken = partitionConsumer.take(run(0));
    test.mock.timers.tick(119_000);
    open();
    await taken;
    await nextTurn();
    for (let minute = 0; minute < 60; minute += 1) {
      test.mock.timers.tick(60_000);
      await nextTurn();
    }
    const isIdle = partitionConsumer.isIdle();
    await partitionConsumer.close();
    assert.equal(isIdle, false);
    assert.deepEqual(new Set(log), new Set(['handle 0', 'pause', 'resume']));
    assert.equal(partitionConsumer.isIdle(), true);
  });

  it('retries to store a position, without handling the slice again', async () => {
    const { partitionConsumer, log, run } = observed();
    const moveTo = failing(1);
    const tried = run(0);
    const { promise: through, resolve } = Promise.withResolvers<void>();
    await partitionConsumer.take({
      ...tried,
      moveTo: async (record) => {
        await moveTo();
        await tried.moveTo(record);
        resolve();
      },
    });
    await through;
    assert.deepEqual(log, ['handle 0', 'pause', 'at 0']);
  });
});
