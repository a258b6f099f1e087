import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BusRecord, Slice } from '../bus.ts';
import { createLane, type FetchedRun } from './lane.ts';

const records = (...offsets: number[]): BusRecord[] =>
  offsets.map((offset) => ({
    topic: 't',
    partition: 0,
    offset,
    timestamp: new Date(0),
    key: null,
    value: null,
    headers: {},
  }));

/** A lane with everything that it did, in order. */
function observed(handle: (slice: Slice) => Promise<void> = async () => undefined, more = {}) {
  const log: string[] = [];
  const lane = createLane({
    group: 'g',
    topic: 't',
    partition: 0,
    sliceSize: 2,
    patienceMs: 10_000,
    logger: { warn: () => undefined },
    handle: async (slice) => {
      log.push(`handle ${slice.records.map(({ offset }) => offset)}`);
      await handle(slice);
    },
    setAside: async (unusable) => void log.push(`set aside ${[...unusable.values()]}`),
    ...more,
  });
  const run = (...offsets: number[]): FetchedRun => ({
    records: records(...offsets),
    moveTo: async ({ offset }) => void log.push(`at ${offset}`),
    pause: () => {
      log.push('pause');
      return () => void log.push('resume');
    },
  });
  return { lane, log, run };
}

const failing = (times: number) => {
  let failures = 0;
  return async () => {
    failures += 1;
    if (failures <= times) throw new Error('the store is away');
  };
};

describe('a lane', () => {
  it('keeps the position after each slice, before it begins the next', async () => {
    const { lane, log, run } = observed();
    await lane.take(run(0, 1, 2));
    assert.deepEqual(log, ['handle 0,1', 'at 1', 'handle 2', 'at 2']);
  });

  it('sets records aside after the handler and before the position', async () => {
    const { lane, log, run } = observed(async (slice) => {
      for (const record of slice.records) slice.setAside(record, 'bad');
    });
    await lane.take(run(0));
    assert.deepEqual(log, ['handle 0', 'set aside bad', 'at 0']);
  });

  it('leaves the fetch loop at the first failure, and comes back when it is through', async () => {
    const { promise: through, resolve } = Promise.withResolvers<void>();
    const { lane, log, run } = observed(failing(1));
    const resumed = run(0);
    await lane.take({
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
    const { lane, log, run } = observed(() => gate, { patienceMs: 1 });
    await lane.take(run(0));
    assert.deepEqual(log, ['handle 0', 'pause']);
    open();
    await lane.close();
    assert.deepEqual(log, ['handle 0', 'pause', 'at 0', 'resume']);
  });

  it('holds no two slices at once, whatever is fetched meanwhile', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { lane, log, run } = observed(() => gate, { patienceMs: 1 });
    await lane.take(run(0));
    await lane.take(run(0, 1));
    assert.deepEqual(log, ['handle 0', 'pause', 'pause']);
    open();
    await lane.close();
    assert.deepEqual(log, ['handle 0', 'pause', 'pause', 'at 0', 'resume', 'resume']);
  });

  it('that lost its partition keeps no position and begins nothing more', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { lane, log, run } = observed(() => gate);
    const taken = lane.take(run(0, 1, 2));
    lane.revoke();
    open();
    await taken;
    assert.deepEqual(log, ['handle 0,1']);
    await lane.take(run(0));
    assert.deepEqual(log, ['handle 0,1', 'handle 0', 'at 0']);
  });

  it('that closes ends its back-off, keeps no position of what failed, and takes nothing more', async () => {
    const { lane, log, run } = observed(failing(Number.POSITIVE_INFINITY));
    await lane.take(run(0, 1, 2));
    await lane.close();
    await lane.take(run(0));
    assert.deepEqual(log, ['handle 0,1', 'pause', 'resume', 'pause']);
  });

  it('that closes keeps the position of the slice in hand, and leaves the next', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { lane, log, run } = observed(() => gate);
    const taken = lane.take(run(0, 1, 2));
    const closing = lane.close();
    open();
    await Promise.all([taken, closing]);
    assert.deepEqual(log, ['handle 0,1', 'at 1']);
  });

  it('tries again to keep a position, without handling the slice again', async () => {
    const { lane, log, run } = observed();
    const moveTo = failing(1);
    const tried = run(0);
    const { promise: through, resolve } = Promise.withResolvers<void>();
    await lane.take({
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
