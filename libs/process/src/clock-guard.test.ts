import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClockGuard } from './clock-guard.ts';

const DAY_MS = 86_400_000;

function createGuard() {
  const time = { wall: 1000 * DAY_MS, elapsed: 5000 };
  return { time, guard: createClockGuard({ now: () => time.wall, elapsed: () => time.elapsed }) };
}

describe('a clock', () => {
  test('is trusted while it advances, also over a suspension, and while it is corrected by seconds', () => {
    const { time, guard } = createGuard();
    time.wall += 30 * DAY_MS;
    time.elapsed += 30 * DAY_MS;
    assert.equal(guard.isTrusted(), true);
    time.wall -= 59_000;
    guard.assertTrusted();
  });

  for (const [by, direction] of [
    [DAY_MS, 'forward'],
    [-DAY_MS, 'back'],
  ] as const) {
    test(`that is set ${direction} is not trusted until it is corrected or confirmed`, () => {
      const { time, guard } = createGuard();
      time.wall += by;
      assert.equal(guard.isTrusted(), false);
      assert.equal(guard.movedMs(), by);
      assert.throws(() => guard.assertTrusted(), {
        message: `The clock was set ${direction} by 86400 s: correct it, or restart the process if it is right now. Nothing is deleted by age until then.`,
      });
      time.wall -= by;
      assert.equal(guard.isTrusted(), true);
      time.wall += by;
      guard.confirm();
      assert.equal(guard.isTrusted(), true);
    });
  }

  test('of this system is trusted', () => {
    assert.equal(createClockGuard().isTrusted(), true);
  });
});
