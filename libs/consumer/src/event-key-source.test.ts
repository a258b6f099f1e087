import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteEventKeySource, EventKeysUnavailable } from './event-key-source.ts';
import { testEventJwks } from './testing/signed.ts';

const URL = 'https://id.example.com/.well-known/jwks.json';
const [key] = testEventJwks.keys;
const MINUTE_MS = 60_000;
const START_MS = Date.parse('2026-03-01T12:00:00.000Z');

/** Simulates an auth service whose keys can change, and which can become unreachable. */
function scene() {
  const auth = { kids: ['one'], isDown: false, answers: 0, nowMs: 0 };
  const keys = createRemoteEventKeySource(URL, {
    clock: () => auth.nowMs,
    now: () => new Date(START_MS + auth.nowMs),
    fetch: async () => {
      if (auth.isDown) throw new Error('unreachable');
      auth.answers += 1;
      return Response.json({ keys: auth.kids.map((kid) => ({ ...key, kid })) });
    },
  });
  return {
    auth,
    keys,
    /**
     * Returns whether the key of an event is known or unknown, or whether the event has to wait for its key.
     * @param age the age of the event's record, in minutes
     */
    async verdictOn(kid: string, age: number) {
      try {
        const found = await keys.find([kid], new Date(START_MS + auth.nowMs - age * MINUTE_MS));
        return found.has(kid) ? 'known' : 'unknown';
      } catch (error) {
        assert.ok(error instanceof EventKeysUnavailable);
        return 'waits';
      }
    },
  };
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

test('a new event waits for an unknown key until auth has it, and the keys are fetched each time', async () => {
  const { auth, keys, verdictOn } = scene();
  assert.equal(await verdictOn('one', 0), 'known');
  assert.equal(await verdictOn('two', 0), 'waits');
  assert.match(
    keys.unavailableReason() ?? '',
    /jwks\.json lacks the key two: events that it signed wait up to 5 minutes/,
  );
  auth.nowMs = 4 * MINUTE_MS;
  assert.equal(await verdictOn('two', 4), 'waits');
  auth.kids = ['two', 'one'];
  assert.equal(await verdictOn('two', 4), 'known');
  assert.deepEqual([auth.answers, keys.unavailableReason()], [4, undefined]);
  // Another key rotation may follow soon after the first one, so an event that names a third key must wait,
  // too.
  assert.equal(await verdictOn('three', 0), 'waits');
});

test('an event whose key stays unknown for five minutes is not genuine, nor is an old one', async () => {
  const { auth, keys, verdictOn } = scene();
  assert.equal(await verdictOn('two', 5), 'unknown');
  assert.ok(!(await keys.find(['two'])).has('two'));
  assert.equal(await verdictOn('two', 0), 'waits');
  auth.nowMs = 5 * MINUTE_MS - 1;
  assert.equal(await verdictOn('two', 4), 'waits');
  auth.nowMs = 5 * MINUTE_MS;
  assert.equal(await verdictOn('two', 4), 'unknown');
  assert.equal(keys.unavailableReason(), undefined);
});

test('invented key ids make events wait for five minutes, and not again within the next hour', async () => {
  const { auth, verdictOn } = scene();
  let waited = 0;
  for (let minute = 0; minute < 65; minute += 1) {
    auth.nowMs = minute * MINUTE_MS;
    // An attacker who publishes a record chooses its time, and can therefore also choose a time in the
    // future.
    if ((await verdictOn(`invented-${minute}`, -60)) === 'waits') waited += 1;
  }
  assert.equal(waited, 5);
  auth.nowMs = 65 * MINUTE_MS;
  assert.equal(await verdictOn('invented', 0), 'waits');
});
