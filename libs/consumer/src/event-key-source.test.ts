import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteEventKeySource, EventKeysUnavailable } from './event-key-source.ts';
import { testEventJwks } from './testing/signed.ts';

const URL = 'https://id.example.com/.well-known/jwks.json';
const [key] = testEventJwks.keys;
const MINUTE_MS = 60_000;

/** Simulates an auth service whose keys can change, and which can become unreachable. */
function scene() {
  const auth = { kids: ['one'], isDown: false, answers: 0, nowMs: 0 };
  const keys = createRemoteEventKeySource(URL, {
    clock: () => auth.nowMs,
    fetch: async () => {
      if (auth.isDown) throw new Error('unreachable');
      auth.answers += 1;
      return Response.json({ keys: auth.kids.map((kid) => ({ ...key, kid })) });
    },
  });
  return { auth, keys };
}

test('keys are fetched once, and again for a key that is not known yet', async () => {
  const { auth, keys } = scene();
  assert.deepEqual([...(await keys.find(['one'])).keys()], ['one']);
  await keys.find(['one']);
  assert.equal(auth.answers, 1);
  auth.kids = ['two', 'one'];
  assert.ok((await keys.find(['one', 'two'])).has('two'));
  assert.equal(auth.answers, 2);
});

test('a withdrawn key is forgotten after ten minutes, unless auth is down', async () => {
  const { auth, keys } = scene();
  await keys.find(['one']);
  auth.kids = ['two'];
  auth.isDown = true;
  auth.nowMs = 10 * MINUTE_MS;
  assert.ok((await keys.find(['one'])).has('one'));
  auth.isDown = false;
  assert.ok(!(await keys.find(['one'])).has('one'));
});

test('an unknown key is an error while auth is down', async () => {
  const { auth, keys } = scene();
  auth.isDown = true;
  await assert.rejects(keys.find(['one']), EventKeysUnavailable);
  assert.match(keys.unavailableReason() ?? '', /cannot be fetched from https:\/\/id\.example\.com/);
  auth.isDown = false;
  assert.ok((await keys.find(['one'])).has('one'));
  assert.equal(keys.unavailableReason(), undefined);
});

test('an answer that is no JWKS is an outage', async () => {
  const keys = createRemoteEventKeySource(URL, {
    fetch: async () => new Response('<html>', { status: 200 }),
  });
  await assert.rejects(keys.find(['one']), EventKeysUnavailable);
});
