import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createWatchdog } from './watchdog.ts';

const STEP_MS = 5000;
async function answers() {
  return undefined;
}
async function away() {
  throw new Error('no broker answers');
}

/** A watchdog on a clock of its own. */
function watched(test: TestContext, probe: () => Promise<void>) {
  test.mock.timers.enable({ apis: ['setInterval'] });
  const world = { now: 0, lastAnswer: 0, probes: 0, reasons: [] as string[], probe };
  const watchdog = createWatchdog({
    group: 'readers',
    stuckAfterMs: 60_000,
    everyMs: STEP_MS,
    now: () => world.now,
    lastAnswer: () => world.lastAnswer,
    onStuck: ({ message }) => void world.reasons.push(message),
    probe: () => {
      world.probes += 1;
      return world.probe();
    },
  });
  test.after(() => watchdog.close());
  async function pass(ms: number): Promise<void> {
    for (const end = world.now + ms; world.now < end; ) {
      world.now += STEP_MS;
      test.mock.timers.tick(STEP_MS);
      await nextTurn();
    }
  }
  return { world, watchdog, pass };
}

describe('the watchdog', () => {
  it('reports once a consumer that stands still while the brokers answer', async (test) => {
    const { world, pass } = watched(test, answers);
    await pass(60_000);
    assert.deepEqual(world.reasons, []);
    await pass(60_000);
    assert.deepEqual(world.reasons, [
      'The consumer of group readers is stuck: no fetch for 60 s, though the brokers answer.',
    ]);
  });

  it('asks nobody while the consumer gets answers', async (test) => {
    const { world, pass } = watched(test, answers);
    for (let seconds = 0; seconds < 300; seconds += 5) {
      world.lastAnswer = world.now + STEP_MS;
      await pass(STEP_MS);
    }
    assert.deepEqual([world.reasons, world.probes], [[], 0]);
  });

  it('keeps quiet while the brokers are away, however long, and until the consumer is stuck after it', async (test) => {
    const { world, pass } = watched(test, away);
    await pass(3_600_000);
    world.probe = answers;
    await pass(60_000);
    assert.deepEqual(world.reasons, []);
    await pass(STEP_MS);
    assert.equal(world.reasons.length, 1);
  });

  it('counts anew from each return of brokers that come and go', async (test) => {
    const { world, pass } = watched(test, answers);
    for (let times = 0; times < 10; times += 1) {
      world.probe = answers;
      await pass(55_000);
      world.probe = away;
      await pass(STEP_MS);
    }
    assert.deepEqual(world.reasons, []);
  });

  it('keeps quiet where the consumer came back while the brokers were asked', async (test) => {
    const { world, pass } = watched(test, answers);
    await pass(60_000);
    world.probe = async () => {
      world.lastAnswer = world.now;
    };
    await pass(STEP_MS);
    world.probe = answers;
    await pass(55_000);
    assert.deepEqual(world.reasons, []);
    await pass(STEP_MS);
    assert.equal(world.reasons.length, 1);
  });

  it('asks the brokers one question at a time', async (test) => {
    const { world, pass } = watched(test, () => new Promise(() => undefined));
    await pass(300_000);
    assert.equal(world.probes, 1);
  });

  it('says nothing after it was closed', async (test) => {
    const { world, watchdog, pass } = watched(test, answers);
    await pass(30_000);
    watchdog.close();
    const { probes } = world;
    await pass(300_000);
    assert.deepEqual([world.reasons, world.probes], [[], probes]);
  });
});
