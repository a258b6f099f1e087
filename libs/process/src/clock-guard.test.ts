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
      assert.equal(guard.wasMoved(), true);
      assert.throws(() => guard.assertTrusted(), {
        message: `The clock was set ${direction} by 86400 s: correct the clock or, if it is correct now, restart the process. Nothing is deleted by age until the clock is trusted.`,
      });
      time.wall -= by;
      assert.equal(guard.isTrusted(), true);
      time.wall += by;
      guard.confirm();
      assert.equal(guard.isTrusted(), true);
    });
  }

  test('that another clock contradicts is not trusted until it is confirmed', () => {
    const { guard } = createGuard();
    guard.contradict('20 s ahead of a server.');
    assert.equal(guard.doubt(), '20 s ahead of a server.');
    assert.equal(guard.isTrusted(), false);
    assert.equal(guard.isTrusted('erasure'), false);
    assert.equal(guard.wasMoved(), false);
    guard.confirm();
    assert.equal(guard.doubt(), undefined);
  });

  test('that must be confirmed first is not trusted before', () => {
    const guard = createClockGuard({ unconfirmed: 'Not compared yet.' });
    assert.throws(() => guard.assertTrusted(), /^Error: Not compared yet\. Nothing is deleted by age/);
    guard.confirm();
    guard.assertTrusted('erasure');
  });

  test('can be trusted for an expiry while it is doubted for an erasure, until it is confirmed', () => {
    const guard = createClockGuard({
      doubtAtStart: (use) => (use === 'erasure' ? 'It is later than before.' : undefined),
    });
    guard.assertTrusted();
    assert.throws(() => guard.assertTrusted('erasure'), /It is later than before/);
    assert.equal(guard.doubt(), 'It is later than before.');
    guard.confirm();
    guard.assertTrusted('erasure');
  });

  test('of this system is trusted', () => {
    assert.equal(createClockGuard().isTrusted(), true);
  });
});
