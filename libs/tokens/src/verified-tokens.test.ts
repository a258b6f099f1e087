import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cacheVerifiedTokens } from './verified-tokens.ts';

const START_MS = Date.parse('2026-03-01T12:00:00Z');

/**
 * Returns a verifier that accepts the given tokens, a simulated clock, and a list of the tokens that the
 * verifier has checked.
 */
function setUp(expiries: Readonly<Record<string, number>>) {
  const verified: string[] = [];
  const clock = { seconds: 0 };
  const verify = cacheVerifiedTokens(
    async (token) => {
      verified.push(token);
      const expiresIn = expiries[token];
      return expiresIn === undefined ? undefined : { exp: START_MS / 1000 + expiresIn };
    },
    () => new Date(START_MS + clock.seconds * 1000),
  );
  return { verify, verified, clock };
}

describe('the cache of verified tokens', () => {
  test('verifies a token once within a minute', async () => {
    const { verify, verified, clock } = setUp({ a: 900, b: 900 });
    const first = await verify('a');
    await verify('b');
    clock.seconds = 59;
    assert.equal(await verify('a'), first);
    assert.deepEqual(verified, ['a', 'b']);
  });

  test('returns claims that no handler can change, because all requests with the token share them', async () => {
    const { verify } = setUp({ a: 900 });
    for (const claims of [await verify('a'), await verify('a')]) {
      assert.ok(claims);
      assert.throws(() => Object.assign(claims, { exp: 0 }), TypeError);
    }
    assert.deepEqual(await verify('a'), { exp: START_MS / 1000 + 900 });
  });

  test('verifies a token again after a minute, because its key may have been withdrawn', async () => {
    const expiries: Record<string, number> = { a: 900 };
    const { verify, clock } = setUp(expiries);
    await verify('a');
    delete expiries['a'];
    clock.seconds = 59;
    assert.ok(await verify('a'));
    clock.seconds = 60;
    assert.equal(await verify('a'), undefined);
  });

  test('verifies a token again after the clock was set back, because a minute may have passed', async () => {
    const expiries: Record<string, number> = { a: 900 };
    const { verify, clock } = setUp(expiries);
    await verify('a');
    delete expiries['a'];
    clock.seconds = -1;
    assert.equal(await verify('a'), undefined);
  });

  test('verifies a token again once it has expired', async () => {
    const { verify, verified, clock } = setUp({ a: 30 });
    await verify('a');
    clock.seconds = 29;
    await verify('a');
    assert.deepEqual(verified, ['a']);
    clock.seconds = 30;
    await verify('a');
    assert.deepEqual(verified, ['a', 'a']);
  });

  test('verifies a refused token each time', async () => {
    const { verify, verified } = setUp({});
    assert.equal(await verify('a'), undefined);
    assert.equal(await verify('a'), undefined);
    assert.deepEqual(verified, ['a', 'a']);
  });

  test('forgets the oldest of more than 10,000 tokens', async () => {
    const names = Array.from({ length: 10_001 }, (_, index) => `token ${index}`);
    const { verify, verified } = setUp(Object.fromEntries(names.map((name) => [name, 900])));
    for (const name of names) await verify(name);
    verified.length = 0;
    await verify('token 1');
    await verify('token 10000');
    assert.deepEqual(verified, []);
    await verify('token 0');
    assert.deepEqual(verified, ['token 0']);
  });
});
