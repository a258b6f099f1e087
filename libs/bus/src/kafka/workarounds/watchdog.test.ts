import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createConsumerWatchdog } from './watchdog.ts';

const STEP_MS = 5000;
async function answers() {
  return undefined;
}
async function away() {
  throw new Error('no broker answers');
}

/** Creates a watchdog with a simulated clock. */
function watched(test: TestContext, probe: () => Promise<void>) {
  test.mock.timers.enable({ apis: ['setInterval'] });
  const world = { now: 0, lastResponse: 0, probes: 0, reasons: [] as string[], probe };
  const watchdog = createConsumerWatchdog({
    group: 'readers',
    stuckAfterMs: 60_000,
    everyMs: STEP_MS,
    now: () => world.now,
    lastResponse: () => world.lastResponse,
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
  /**
   * Asserts that the watchdog reports a broker after a minute without a response. The caller must have
   * advanced the simulated clock by one step since the last response.
   */
  async function reportsAfterAMinute(): Promise<void> {
    await pass(55_000);
    assert.deepEqual(world.reasons, []);
    await pass(STEP_MS);
    assert.equal(world.reasons.length, 1);
  }
  return { world, watchdog, pass, reportsAfterAMinute };
}

describe('the watchdog', () => {
  it('reports a hanging consumer once while the brokers respond', async (test) => {
    const { world, pass } = watched(test, answers);
    await pass(60_000);
    assert.deepEqual(world.reasons, []);
    await pass(60_000);
    assert.deepEqual(world.reasons, [
      'The consumer of group readers is stuck: no fetch for 60 s, although the brokers respond.',
    ]);
  });

  it('does not probe while the consumer gets responses', async (test) => {
    const { world, pass } = watched(test, answers);
    for (let seconds = 0; seconds < 300; seconds += 5) {
      world.lastResponse = world.now + STEP_MS;
      await pass(STEP_MS);
    }
    assert.deepEqual([world.reasons, world.probes], [[], 0]);
  });

  it('reports nothing during an outage of any length, until the consumer hangs after it', async (test) => {
    const { world, pass } = watched(test, away);
    await pass(3_600_000);
    world.probe = answers;
    await pass(60_000);
    assert.deepEqual(world.reasons, []);
    await pass(STEP_MS);
    assert.equal(world.reasons.length, 1);
  });

  it('starts over after the process was suspended, because nothing could arrive meanwhile', async (test) => {
    const { world, pass, reportsAfterAMinute } = watched(test, answers);
    await pass(55_000);
    world.now += 3_600_000;
    await pass(55_000);
    world.probe = async () => {
      world.now += 3_600_000;
    };
    await pass(STEP_MS);
    world.probe = answers;
    await reportsAfterAMinute();
  });

  it('does not mistake a slow probe for a suspension', async (test) => {
    const { world, pass } = watched(test, answers);
    await pass(STEP_MS);
    for (let times = 0; times < 5; times += 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      world.probe = () => promise;
      await pass(3 * STEP_MS);
      resolve();
      await nextTurn();
    }
    assert.equal(world.reasons.length, 1);
  });

  it('starts over whenever the brokers return', async (test) => {
    const { world, pass } = watched(test, answers);
    for (let times = 0; times < 10; times += 1) {
      world.probe = answers;
      await pass(55_000);
      world.probe = away;
      await pass(STEP_MS);
    }
    assert.deepEqual(world.reasons, []);
  });

  it('reports nothing if the consumer recovers during the probe', async (test) => {
    const { world, pass, reportsAfterAMinute } = watched(test, answers);
    await pass(60_000);
    world.probe = async () => {
      world.lastResponse = world.now;
    };
    await pass(STEP_MS);
    world.probe = answers;
    await reportsAfterAMinute();
  });

  it('runs one probe at a time', async (test) => {
    const { world, pass } = watched(test, () => new Promise(() => undefined));
    await pass(300_000);
    assert.equal(world.probes, 1);
  });

  it('reports nothing after close', async (test) => {
    const { world, watchdog, pass } = watched(test, answers);
    await pass(30_000);
    watchdog.close();
    const { probes } = world;
    await pass(300_000);
    assert.deepEqual([world.reasons, world.probes], [[], probes]);
  });
});
