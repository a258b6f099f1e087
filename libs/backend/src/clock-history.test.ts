import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClockGuard, DAY_MS, HOUR_MS } from '@latchkey/process';
import type { ClockReading } from '@latchkey/store';
import { createClockHistory } from './clock-history.ts';

const START = Date.parse('2026-03-01T12:00:00.000Z');

/**
 * Simulates a machine on which processes start one after the other: its wall clock, its uptime, and the store
 * that all processes use.
 */
function createMachine(newest?: Date) {
  const time = { wall: START, elapsed: 0 };
  let stored: ClockReading | undefined;
  function pass(ms: number) {
    time.wall += ms;
    time.elapsed += ms;
  }
  async function startProcess() {
    const clock = { now: () => time.wall, elapsed: () => time.elapsed };
    const history = createClockHistory({
      readings: {
        last: async () => stored,
        async note(reading) {
          stored = reading;
        },
      },
      newestTime: async () => newest,
      now: () => new Date(time.wall),
      elapsed: clock.elapsed,
    });
    const guard = createClockGuard({ ...clock, doubtAtStart: history.doubt });
    assert.equal(guard.isTrusted(), false);
    await history.resume();
    async function run(ms: number) {
      for (let left = ms; left > 0; left -= HOUR_MS) {
        pass(Math.min(left, HOUR_MS));
        await history.note(guard);
      }
    }
    return { guard, run };
  }
  return { time, startProcess };
}

describe('a clock that no other clock confirms', () => {
  for (const [title, by] of [
    ['after a day', DAY_MS],
    ['after an hour back', -HOUR_MS],
  ] as const)
    test(`is trusted ${title} without a process`, async () => {
      const { time, startProcess } = createMachine();
      await (await startProcess()).run(HOUR_MS);
      time.wall += by;
      const { guard } = await startProcess();
      assert.equal(guard.doubt(), undefined);
    });

  for (const [title, by, words] of [
    ['20 days later', 20 * DAY_MS, '480 h later'],
    ['just over a day later', DAY_MS + 1, '24 h later'],
    ['just over an hour earlier', -HOUR_MS - 1, '1 h earlier'],
  ] as const)
    test(`and that is ${title} at a start is held: a day for expiries, three days for erasures`, async () => {
      const { time, startProcess } = createMachine();
      await startProcess();
      time.wall += by;
      const { guard, run } = await startProcess();
      assert.equal(
        guard.doubt(),
        `When the process started, the clock was ${words} than when the store was last used. In case the clock is wrong, nothing expires until the process has run for another 24 h, and no account is erased until the process has run for another 72 h.`,
      );
      await run(DAY_MS - 1);
      assert.equal(guard.isTrusted(), false);
      await run(1);
      assert.equal(guard.isTrusted(), true);
      assert.equal(guard.isTrusted('erasure'), false);
      assert.match(
        guard.doubt() ?? '',
        /In case the clock is wrong, no account is erased until the process has run for another 48 h/,
      );
      await run(2 * DAY_MS);
      assert.equal(guard.doubt(), undefined);
    });

  test('is held for the time in which processes run, in any number of starts', async () => {
    const { time, startProcess } = createMachine();
    await startProcess();
    time.wall += 30 * DAY_MS;
    await (await startProcess()).run(20 * HOUR_MS);
    for (const isTrusted of [false, true]) {
      time.wall += 7 * DAY_MS;
      const { guard, run } = await startProcess();
      assert.equal(guard.isTrusted(), false);
      await run(2 * HOUR_MS);
      assert.equal(guard.isTrusted(), isTrusted);
    }
  });

  test('is compared with the newest data if the store has no reading yet', async () => {
    const late = await createMachine(new Date(START - 2 * DAY_MS)).startProcess();
    assert.match(late.guard.doubt() ?? '', /48 h later/);
    const right = await createMachine(new Date(START - HOUR_MS)).startProcess();
    assert.equal(right.guard.doubt(), undefined);
  });

  test('is compared with a reading from before it was moved', async () => {
    const { time, startProcess } = createMachine();
    const { run } = await startProcess();
    time.wall += 20 * DAY_MS;
    await run(5 * DAY_MS);
    const { guard } = await startProcess();
    assert.match(guard.doubt() ?? '', /600 h later/);
  });

  test('is no longer held once another clock confirms it', async () => {
    const { time, startProcess } = createMachine();
    await startProcess();
    time.wall += 20 * DAY_MS;
    const { guard, run } = await startProcess();
    guard.confirm();
    await run(HOUR_MS);
    assert.equal((await startProcess()).guard.doubt(), undefined);
  });
});
