import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  createPartitionProgressWatch,
  type IdlePartition,
  type PartitionProgressWatchDeps,
} from './progress-watch.ts';

type Offsets =
  Awaited<ReturnType<PartitionProgressWatchDeps['offsets']>> extends ReadonlyMap<string, infer Value>
    ? Value
    : never;

const STEP_MS = 15_000;
const STUCK_AFTER_MS = 60_000;
const FIRST = 'accounts.events.v1 0';

async function away() {
  throw new Error('no broker answers');
}

/** Returns a watch with a simulated clock. It watches one idle partition without unread records. */
function watched(test: TestContext) {
  test.mock.timers.enable({ apis: ['setInterval'] });
  const world = {
    now: 0,
    idle: [{ name: FIRST, batches: 0, nextOffset: 0 }] as IdlePartition[],
    offsets: new Map<string, Offsets>([[FIRST, { position: 5, end: 5 }]]),
    duringCheck: undefined as (() => Promise<void>) | undefined,
    reasons: [] as string[],
  };
  const watch = createPartitionProgressWatch({
    group: 'readers',
    stuckAfterMs: STUCK_AFTER_MS,
    everyMs: STEP_MS,
    now: () => world.now,
    idle: () => world.idle,
    async offsets() {
      await world.duringCheck?.();
      return world.offsets;
    },
    onStuck: ({ message }) => void world.reasons.push(message),
  });
  test.after(() => watch.close());
  async function pass(ms: number): Promise<void> {
    for (const end = world.now + ms; world.now < end; ) {
      world.now += STEP_MS;
      test.mock.timers.tick(STEP_MS);
      await nextTurn();
    }
  }
  function waitingRecords(offsets: Offsets) {
    return world.offsets.set(FIRST, offsets);
  }
  function deliver(nextOffset: number) {
    world.idle = world.idle.map(({ name, batches }) => ({ name, batches: batches + 1, nextOffset }));
  }
  /** Asserts that a partition is reported once it has made no progress for a minute. */
  async function reportsAfterAMinute(): Promise<void> {
    await pass(STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, []);
    await pass(STEP_MS);
    assert.equal(world.reasons.length, 1);
  }
  return { world, watch, pass, waitingRecords, deliver, reportsAfterAMinute };
}

describe('the progress watch', () => {
  it('reports a partition once if its waiting records are never delivered', async (test) => {
    const { world, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, []);
    await pass(2 * STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, [
      'The consumer of group readers makes no progress: for 60 s it has received nothing of accounts.events.v1 0, although records are waiting there.',
    ]);
  });

  it('reports nothing while there is nothing to read', async (test) => {
    const { world, pass } = watched(test);
    await pass(3_600_000);
    assert.deepEqual(world.reasons, []);
  });

  it('reports nothing while records are delivered, however large the lag', async (test) => {
    const { world, pass, waitingRecords, deliver } = watched(test);
    waitingRecords({ position: 5, end: 1_000_000 });
    for (let minute = 0; minute < 10; minute += 1) {
      deliver(6 + minute);
      await pass(45_000);
    }
    assert.deepEqual(world.reasons, []);
  });

  it('reports nothing while records are being handled or retried', async (test) => {
    const { world, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    world.idle = [];
    await pass(3_600_000);
    assert.deepEqual(world.reasons, []);
  });

  it('reports nothing if only control records are left, which no handler receives', async (test) => {
    const { world, pass, waitingRecords, deliver } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    deliver(8);
    await pass(3_600_000);
    assert.deepEqual(world.reasons, []);
  });

  it('reports nothing during an outage, and starts over after it', async (test) => {
    const { world, pass, waitingRecords, reportsAfterAMinute } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(45_000);
    world.duringCheck = away;
    await pass(3_600_000);
    world.duringCheck = undefined;
    await reportsAfterAMinute();
  });

  it('starts over after the process was suspended, because it received nothing meanwhile', async (test) => {
    const { world, pass, waitingRecords, reportsAfterAMinute } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(45_000);
    world.now += 3_600_000;
    await pass(STUCK_AFTER_MS);
    world.duringCheck = async () => {
      world.now += 3_600_000;
    };
    await pass(STEP_MS);
    world.duringCheck = undefined;
    await reportsAfterAMinute();
  });

  it('does not mistake slow responses for a suspension', async (test) => {
    const { world, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    for (let times = 0; times < 3; times += 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      world.duringCheck = () => promise;
      await pass(3 * STEP_MS);
      resolve();
      await nextTurn();
    }
    assert.equal(world.reasons.length, 1);
  });

  it('starts over after a rebalance, also during a check', async (test) => {
    const { world, watch, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(45_000);
    watch.reset();
    await pass(STUCK_AFTER_MS);
    world.duringCheck = async () => watch.reset();
    await pass(STEP_MS);
    world.duringCheck = undefined;
    await pass(STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, []);
  });

  it('reports nothing if records were delivered during the check', async (test) => {
    const { world, pass, waitingRecords, deliver } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(STUCK_AFTER_MS);
    world.duringCheck = async () => deliver(6);
    await pass(STEP_MS);
    world.duringCheck = undefined;
    await pass(STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, []);
  });

  it('runs one check at a time', async (test) => {
    const { world, pass } = watched(test);
    let checks = 0;
    world.duringCheck = () => {
      checks += 1;
      return new Promise(() => undefined);
    };
    await pass(300_000);
    assert.equal(checks, 1);
  });

  it('reports nothing after close', async (test) => {
    const { world, watch, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(45_000);
    watch.close();
    await pass(300_000);
    assert.deepEqual(world.reasons, []);
  });
});
