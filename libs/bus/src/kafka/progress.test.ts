import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createProgressWatch, type RestingPartition } from './progress.ts';
import type { Standing } from './standing.ts';

const STEP_MS = 15_000;
const STUCK_AFTER_MS = 60_000;
const FIRST = 'accounts.events.v1 0';

async function away() {
  throw new Error('no broker answers');
}

/** A watch on a clock of its own, over one partition that rests and has nothing to read. */
function watched(test: TestContext) {
  test.mock.timers.enable({ apis: ['setInterval'] });
  const world = {
    now: 0,
    resting: [{ name: FIRST, turns: 0, reached: 0 }] as RestingPartition[],
    standings: new Map<string, Standing>([[FIRST, { position: 5, end: 5 }]]),
    asked: undefined as (() => Promise<void>) | undefined,
    reasons: [] as string[],
  };
  const watch = createProgressWatch({
    group: 'readers',
    stuckAfterMs: STUCK_AFTER_MS,
    everyMs: STEP_MS,
    now: () => world.now,
    resting: () => world.resting,
    async standings() {
      await world.asked?.();
      return world.standings;
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
  function waitingRecords(standing: Standing) {
    return world.standings.set(FIRST, standing);
  }
  function handOver(reached: number) {
    world.resting = world.resting.map(({ name, turns }) => ({ name, turns: turns + 1, reached }));
  }
  return { world, watch, pass, waitingRecords, handOver };
}

describe('the watch over progress', () => {
  it('reports once a partition of which nothing comes, though records wait there', async (test) => {
    const { world, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, []);
    await pass(2 * STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, [
      'The consumer of group readers does not progress: for 60 s it was given nothing of accounts.events.v1 0, though records wait there.',
    ]);
  });

  it('keeps quiet where there is nothing to read', async (test) => {
    const { world, pass } = watched(test);
    await pass(3_600_000);
    assert.deepEqual(world.reasons, []);
  });

  it('keeps quiet while something comes, however far behind the group is', async (test) => {
    const { world, pass, waitingRecords, handOver } = watched(test);
    waitingRecords({ position: 5, end: 1_000_000 });
    for (let minute = 0; minute < 10; minute += 1) {
      handOver(6 + minute);
      await pass(45_000);
    }
    assert.deepEqual(world.reasons, []);
  });

  it('keeps quiet while a slice is in hand, also one that fails again and again for want of a store', async (test) => {
    const { world, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    world.resting = [];
    await pass(3_600_000);
    assert.deepEqual(world.reasons, []);
  });

  it('keeps quiet where what is left are marks of transactions, which no handler gets', async (test) => {
    const { world, pass, waitingRecords, handOver } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    handOver(8);
    await pass(3_600_000);
    assert.deepEqual(world.reasons, []);
  });

  it('keeps quiet while the brokers are away, and counts anew after it', async (test) => {
    const { world, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(45_000);
    world.asked = away;
    await pass(3_600_000);
    world.asked = undefined;
    await pass(STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, []);
    await pass(STEP_MS);
    assert.equal(world.reasons.length, 1);
  });

  it('counts anew when partitions are dealt anew, also while the brokers are asked', async (test) => {
    const { world, watch, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(45_000);
    watch.forget();
    await pass(STUCK_AFTER_MS);
    world.asked = async () => watch.forget();
    await pass(STEP_MS);
    world.asked = undefined;
    await pass(STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, []);
  });

  it('keeps quiet where something came while the brokers were asked', async (test) => {
    const { world, pass, waitingRecords, handOver } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(STUCK_AFTER_MS);
    world.asked = async () => handOver(6);
    await pass(STEP_MS);
    world.asked = undefined;
    await pass(STUCK_AFTER_MS);
    assert.deepEqual(world.reasons, []);
  });

  it('asks the brokers one question at a time', async (test) => {
    const { world, pass } = watched(test);
    let questions = 0;
    world.asked = () => {
      questions += 1;
      return new Promise(() => undefined);
    };
    await pass(300_000);
    assert.equal(questions, 1);
  });

  it('says nothing after it was closed', async (test) => {
    const { world, watch, pass, waitingRecords } = watched(test);
    waitingRecords({ position: 5, end: 8 });
    await pass(45_000);
    watch.close();
    await pass(300_000);
    assert.deepEqual(world.reasons, []);
  });
});
