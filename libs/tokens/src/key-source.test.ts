import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errors } from 'jose';
import {
  createFixedKeySource,
  createRemoteKeySource,
  type KeySource,
  KeysUnavailable,
} from './key-source.ts';

function makeKey(kid: string) {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...publicKey.export({ format: 'jwk' }), kid };
}
const k1 = makeKey('k1');
const k2 = makeKey('k2');

/** Returns the key with the id `kid`; undefined if the source has no such key. */
async function find(keys: KeySource, kid: string) {
  try {
    return await keys({ alg: 'ES256', kid }, { payload: '', signature: '' });
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    throw error;
  }
}

type Reply = () => Promise<Response>;
function jwks(...keys: object[]): Reply {
  return async () => Response.json({ keys });
}
async function failure(): Promise<Response> {
  return new Response(null, { status: 500 });
}

describe('keys behind a URL', () => {
  let reply: Reply = failure;
  let fetched = 0;
  let time = 0;

  async function fetchJwks(_url: unknown, init?: RequestInit): Promise<Response> {
    assert.equal(init?.redirect, 'manual');
    assert.ok(init?.signal instanceof AbortSignal, 'the fetch has a timeout');
    fetched += 1;
    return reply();
  }
  function connect() {
    return createRemoteKeySource('https://id.example.com/jwks.json', { fetch: fetchJwks, clock: () => time });
  }

  beforeEach(() => {
    fetched = 0;
    time = 0;
  });

  test('are not used for another algorithm, and remain usable for their own', async () => {
    reply = jwks({ ...k1, alg: 'ES256' });
    const keys = connect();
    const asRsa = { alg: 'RS256', kid: 'k1' };
    const token = { payload: '', signature: '' };
    await assert.rejects(async () => keys(asRsa, token), errors.JWKSNoMatchingKey);
    assert.notEqual(await find(keys, 'k1'), undefined);
    await assert.rejects(async () => keys(asRsa, token), errors.JWKSNoMatchingKey);
    assert.equal(fetched, 1);
  });

  test('are fetched once and cached', async () => {
    reply = jwks(k1, k2);
    const keys = connect();
    assert.notEqual(await find(keys, 'k1'), undefined);
    assert.notEqual(await find(keys, 'k2'), undefined);
    assert.equal(fetched, 1);
  });

  test('are fetched once for callers that ask at the same time', async () => {
    reply = jwks(k1);
    const keys = connect();
    const found = await Promise.all([find(keys, 'k1'), find(keys, 'k1'), find(keys, 'k2')]);
    assert.deepEqual(
      found.map((key) => key !== undefined),
      [true, true, false],
    );
    assert.equal(fetched, 1);
  });

  test('are fetched again for an unknown kid, at most once in 10 s', async () => {
    reply = jwks(k1);
    const keys = connect();
    await find(keys, 'k1');
    reply = jwks(k1, k2);
    time = 9_999;
    await assert.rejects(find(keys, 'k2'), KeysUnavailable);
    assert.equal(fetched, 1);
    time = 10_000;
    assert.notEqual(await find(keys, 'k2'), undefined);
    assert.equal(fetched, 2);
    await assert.rejects(find(keys, 'k3'), KeysUnavailable);
    assert.equal(fetched, 2);
    time = 20_000;
    assert.equal(await find(keys, 'k3'), undefined);
    assert.equal(await find(keys, 'k3'), undefined);
    assert.equal(fetched, 3);
  });

  test('stay when a later fetch fails, which is not repeated for 10 s either; unknown ones are unavailable', async () => {
    reply = jwks(k1);
    const keys = connect();
    await find(keys, 'k1');
    reply = failure;
    time = 10_000;
    for (const kid of ['k2', 'k3', 'k2']) await assert.rejects(find(keys, kid), KeysUnavailable);
    assert.equal(fetched, 2);
    assert.notEqual(await find(keys, 'k1'), undefined);
    assert.equal(fetched, 2);
    reply = jwks(k1, k2);
    time = 20_000;
    assert.notEqual(await find(keys, 'k2'), undefined);
    await assert.rejects(find(keys, 'k3'), KeysUnavailable);
    assert.equal(fetched, 3);
  });

  test('that are unknown are unavailable after a renewal in the background has failed, too', async () => {
    reply = jwks(k1);
    const keys = connect();
    await find(keys, 'k1');
    reply = failure;
    time = 10 * 60_000;
    assert.notEqual(await find(keys, 'k1'), undefined);
    await assert.rejects(find(keys, 'k2'), KeysUnavailable);
    assert.equal(fetched, 2);
  });

  test('stay through an outage that is longer than they are cached', async () => {
    reply = jwks(k1);
    const keys = connect();
    await find(keys, 'k1');
    reply = failure;
    for (let hour = 1; hour <= 3; hour += 1) {
      time = hour * 3_600_000;
      assert.notEqual(await find(keys, 'k1'), undefined);
      // Wait until the fetch in the background has failed, so that the next iteration causes a new fetch.
      await nextTurn();
    }
    assert.equal(fetched, 4);
  });

  test('are renewed in the background after 10 minutes, so that a withdrawn key is no longer accepted', async () => {
    reply = jwks(k1, k2);
    const keys = connect();
    await find(keys, 'k1');
    reply = jwks(k2);
    time = 10 * 60_000;
    assert.notEqual(await find(keys, 'k1'), undefined);
    await find(keys, 'an unknown kid, which waits for the fetch under way');
    assert.equal(fetched, 2);
    await assert.rejects(find(keys, 'k1'), KeysUnavailable);
    time += 10_000;
    assert.equal(await find(keys, 'k1'), undefined);
  });

  const unusable: Readonly<Record<string, Reply>> = {
    'an error': failure,
    'something else than JSON': async () => new Response('<html>'),
    'something else than a JWKS': async () => Response.json({ keys: {} }),
    'a redirection': async () => new Response(null, { status: 302, headers: { Location: '/elsewhere' } }),
    'nothing in time': () => Promise.reject(new DOMException('timed out', 'TimeoutError')),
    'a cut connection': () => Promise.reject(new TypeError('fetch failed')),
  };
  for (const [what, unusableReply] of Object.entries(unusable)) {
    test(`are unavailable, for now, while the first answer is ${what}`, async () => {
      reply = unusableReply;
      const keys = connect();
      await assert.rejects(find(keys, 'k1'), KeysUnavailable);
      reply = jwks(k1);
      assert.notEqual(await find(keys, 'k1'), undefined);
    });
  }
});

describe('keys in memory', () => {
  test('leave out members of another kind', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const { kid: _, ...unnamed } = k1;
    const keys = createFixedKeySource({
      keys: [
        { ...rsa, kid: 'rsa' },
        unnamed,
        { ...k1, kid: 'for-encryption', use: 'enc' },
        { ...k1, kid: 'of-another-alg', alg: 'ES384' },
        k2,
      ],
    });
    for (const kid of ['rsa', 'undefined', 'for-encryption', 'of-another-alg']) {
      assert.equal(await find(keys, kid), undefined, kid);
    }
    assert.notEqual(await find(keys, 'k2'), undefined);
  });

  test('refuse a private key', async () => {
    const whole = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    await assert.rejects(
      find(createFixedKeySource({ keys: [{ ...whole, kid: 'k' }] }), 'k'),
      errors.JWKSInvalid,
    );
  });
});
