import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  judgeRefreshTokenReuse,
  type RefreshTokenUse,
  type ReuseVerdict,
} from './judge-refresh-token-reuse.ts';

const MINUTE = 60_000;
const rotatedAt = new Date('2026-03-01T12:00:00.000Z');
const session = { n: 5, rotatedAt, userAgent: 'a browser' };

/** Returns the verdict on a token that is used some minutes after its rotation. */
function verdict({
  minutes = 0,
  ...use
}: Partial<RefreshTokenUse> & { readonly minutes?: number }): ReuseVerdict {
  const now = new Date(rotatedAt.getTime() + minutes * MINUTE);
  return judgeRefreshTokenReuse(session, { n: 4, now, userAgent: 'a browser', reuseMinutes: 10, ...use });
}

describe('the token before the current one', () => {
  test('gets the current one again for some minutes, from any client', () => {
    assert.equal(verdict({}), 'repeat');
    assert.equal(verdict({ minutes: 10 }), 'repeat');
    assert.equal(verdict({ minutes: 10, userAgent: 'another browser' }), 'repeat');
  });

  test('ends its session alone when it comes later', () => {
    assert.equal(verdict({ minutes: 11 }), 'repeat');
    assert.equal(verdict({ now: new Date(rotatedAt.getTime() + 11 * MINUTE + 1) }), 'end-session');
    assert.equal(verdict({ minutes: 11.01 }), 'end-session');
    assert.equal(verdict({ minutes: 600, userAgent: 'another browser' }), 'end-session');
  });

  test('is judged the same by processes whose clocks differ by a minute', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (age, skew) => assert.equal(verdict({ minutes: age + skew }), 'repeat'),
      ),
    );
  });
});

describe('an older token', () => {
  test('ends its session, however soon it comes', () => {
    assert.equal(verdict({ n: 3 }), 'end-session');
    assert.equal(verdict({ n: 0, minutes: 600 }), 'end-session');
  });

  test('ends every session if another client has used the tokens since', () => {
    assert.equal(verdict({ n: 3, userAgent: 'another browser' }), 'end-all');
  });
});

test('a token that was never issued, as after a restore, ends nothing', () => {
  assert.equal(verdict({ n: 5 }), 'unknown');
  assert.equal(verdict({ n: 9, minutes: 600 }), 'unknown');
});
