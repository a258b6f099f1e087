import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, beforeEach, describe, test } from 'node:test';
import { Problem } from '@latchkey/http';
import { fixedKeys, remoteKeys } from './key-source.ts';

function makeKey(kid: string) {
  return {
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
    kid,
  };
}
const k1 = makeKey('k1');
const k2 = makeKey('k2');

type Reply = (response: ServerResponse) => void;
function jwks(...keys: object[]): Reply {
  return (response) => response.end(JSON.stringify({ keys }));
}
const failure: Reply = (response) => response.writeHead(500).end();

function unavailableWithRetryAfter(error: unknown): boolean {
  assert.ok(error instanceof Problem);
  assert.equal(error.spec.status, 503);
  assert.equal(error.details.retryAfter, 1);
  return true;
}

describe('keys behind a URL', async () => {
  let reply: Reply = failure;
  let fetched = 0;
  let time = 0;
  const server = createServer((request, response) => {
    if (request.url === '/elsewhere') return jwks(k1)(response);
    fetched += 1;
    reply(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  function connect() {
    return remoteKeys(url, { timeoutMs: 200, clock: () => time });
  }

  beforeEach(() => {
    fetched = 0;
    time = 0;
  });

  test('are fetched once and remembered', async () => {
    reply = jwks(k1, k2);
    const keys = connect();
    assert.equal((await keys.find('k1'))?.asymmetricKeyType, 'ec');
    assert.notEqual(await keys.find('k2'), undefined);
    assert.equal(fetched, 1);
  });

  test('are fetched once for callers that ask at the same time', async () => {
    reply = jwks(k1);
    const keys = connect();
    const found = await Promise.all([keys.find('k1'), keys.find('k1'), keys.find('k2')]);
    assert.deepEqual(
      found.map((key) => key !== undefined),
      [true, true, false],
    );
    assert.equal(fetched, 1);
  });

  test('are fetched again for an unknown kid, at most once in 10 s', async () => {
    reply = jwks(k1);
    const keys = connect();
    await keys.find('k1');
    reply = jwks(k1, k2);
    time = 9_999;
    assert.equal(await keys.find('k2'), undefined);
    assert.equal(fetched, 1);
    time = 10_000;
    assert.notEqual(await keys.find('k2'), undefined);
    assert.equal(fetched, 2);
    assert.equal(await keys.find('k3'), undefined);
    assert.equal(fetched, 2);
  });

  test('stay when a later fetch fails', async () => {
    reply = jwks(k1);
    const keys = connect();
    await keys.find('k1');
    reply = failure;
    time = 10_000;
    assert.equal(await keys.find('k2'), undefined);
    assert.equal(fetched, 2);
    assert.notEqual(await keys.find('k1'), undefined);
  });

  test('are renewed in the background after 10 minutes, so that a withdrawn key dies', async () => {
    reply = jwks(k1, k2);
    const keys = connect();
    await keys.find('k1');
    const fetchedAgain = new Promise<void>((resolve) => {
      reply = (response) => {
        jwks(k2)(response);
        resolve();
      };
    });
    time = 10 * 60_000;
    assert.notEqual(await keys.find('k1'), undefined);
    await fetchedAgain;
    await keys.find('an unknown kid, which waits for the fetch under way');
    assert.equal(fetched, 2);
    assert.equal(await keys.find('k1'), undefined);
  });

  const unusable: Readonly<Record<string, Reply>> = {
    'an error': failure,
    'something else than JSON': (response) => response.end('<html>'),
    'something else than a JWKS': (response) => response.end('{"keys":{}}'),
    'a redirection': (response) => response.writeHead(302, { Location: '/elsewhere' }).end(),
    'nothing in time': () => undefined,
    'a cut connection': (response) => response.destroy(),
  };
  for (const [what, unusableReply] of Object.entries(unusable)) {
    test(`are unavailable, for now, while the first answer is ${what}`, async () => {
      reply = unusableReply;
      const keys = connect();
      await assert.rejects(keys.find('k1'), unavailableWithRetryAfter);
      reply = jwks(k1);
      assert.notEqual(await keys.find('k1'), undefined);
    });
  }
});

describe('keys in hand', () => {
  test('leave out members of another kind', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const keys = fixedKeys({
      keys: [
        { ...rsa, kid: 'rsa' },
        { ...k1, kid: undefined },
        { ...k1, kid: 'for-encryption', use: 'enc' },
        { ...k1, kid: 'of-another-alg', alg: 'ES384' },
        k2,
      ],
    });
    for (const kid of ['rsa', 'undefined', 'for-encryption', 'of-another-alg']) {
      assert.equal(await keys.find(kid), undefined, kid);
    }
    assert.notEqual(await keys.find('k2'), undefined);
  });

  test('give the public half alone', async () => {
    const whole = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const key = await fixedKeys({ keys: [{ ...whole, kid: 'k' }] }).find('k');
    assert.equal(key?.type, 'public');
  });
});
