import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Session } from '../ports/sessions.ts';
import {
  countRefreshTokenResend,
  judgeRefreshTokenReuse,
  type OldRefreshTokenUse,
  type RefreshTokenReuseVerdict,
} from './judge-refresh-token-reuse.ts';

const MINUTE = 60_000;
const rotatedAt = new Date('2026-03-01T12:00:00.000Z');
const HOME = '192.0.2.7';
const AWAY = '198.51.100.7';
const session = { n: 5, rotatedAt, ip: HOME, userAgent: 'a browser' };

/**
 * Returns the decision about a refresh token that is presented `minutes` minutes after a newer token replaced
 * it.
 */
function verdict({
  minutes = 0,
  repeats,
  ...use
}: Partial<OldRefreshTokenUse> &
  Pick<Session, 'repeats'> & { readonly minutes?: number }): RefreshTokenReuseVerdict {
  const now = new Date(rotatedAt.getTime() + minutes * MINUTE);
  return judgeRefreshTokenReuse(
    { ...session, ...(repeats && { repeats }) },
    { n: 4, now, ip: HOME, userAgent: 'a browser', reuseMinutes: 10, ...use },
  );
}

describe('the token before the current one', () => {
  test('gets the current one again for some minutes, in any network', () => {
    assert.equal(verdict({}), 'repeat');
    assert.equal(verdict({ minutes: 10 }), 'repeat');
    assert.equal(verdict({ minutes: 10, ip: AWAY }), 'repeat');
  });

  test('ends only its session if another client sends it, because nobody has used the current one', () => {
    assert.equal(verdict({ userAgent: 'another browser' }), 'end-session');
    assert.equal(verdict({ minutes: 11, userAgent: 'another browser' }), 'end-session');
  });

  test('ends its session if too many tokens in a row were repeated to another network', () => {
    assert.equal(verdict({ ip: AWAY, repeats: { n: 4, inARow: 3 } }), 'repeat');
    assert.equal(verdict({ ip: AWAY, repeats: { n: 4, inARow: 4 } }), 'end-session');
    assert.equal(verdict({ ip: AWAY, repeats: { n: 3, inARow: 4 } }), 'repeat');
  });

  test('ends nothing in the network that used the session last, whatever was repeated before', () => {
    for (const ip of [HOME, '192.0.2.200'])
      assert.equal(verdict({ ip, repeats: { n: 4, inARow: 4 } }), 'repeat');
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

describe('repeats to another network', () => {
  test('are counted once for each token, and in a row without gaps', () => {
    assert.deepEqual(countRefreshTokenResend(session, AWAY), { n: 5, inARow: 1 });
    assert.deepEqual(countRefreshTokenResend({ ...session, repeats: { n: 5, inARow: 2 } }, AWAY), {
      n: 5,
      inARow: 2,
    });
    assert.deepEqual(countRefreshTokenResend({ ...session, repeats: { n: 4, inARow: 2 } }, AWAY), {
      n: 5,
      inARow: 3,
    });
    assert.deepEqual(countRefreshTokenResend({ ...session, repeats: { n: 3, inARow: 2 } }, AWAY), {
      n: 5,
      inARow: 1,
    });
  });

  test('do not include those in the same network', () => {
    assert.equal(countRefreshTokenResend(session, '192.0.2.200'), undefined);
    const repeats = { n: 4, inARow: 2 };
    assert.equal(countRefreshTokenResend({ ...session, repeats }, HOME), repeats);
    assert.equal(
      countRefreshTokenResend({ ...session, ip: '2001:db8:0:1::1' }, '2001:db8:0:ff::2'),
      undefined,
    );
    assert.deepEqual(countRefreshTokenResend({ ...session, ip: '2001:db8:0:1::1' }, '2001:db8:0:100::2'), {
      n: 5,
      inARow: 1,
    });
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
