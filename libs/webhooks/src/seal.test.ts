import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { SecretKey } from '@latchkey/process';
import { addEndpoint, rotateEndpointSecret } from './add-endpoint.ts';
import { generateEndpointSecret, getSigningSecrets, MAX_SECRETS_PER_ENDPOINT } from './endpoint.ts';
import { updateEndpoint } from './ports.ts';
import { createSecretSealer, getSealingKeyId, isSealedSecret } from './seal.ts';
import { findOutdatedSecrets, sealOutdatedSecrets } from './seal-stored.ts';
import { openTestLog, TEST_START_TIME } from './testing/log.ts';

function key(kid?: string): SecretKey {
  return { bytes: randomBytes(32), ...(kid !== undefined && { kid }) };
}

async function opened(context: TestContext) {
  const { storage, close } = await openTestLog();
  context.after(close);
  const { endpoints } = storage;
  return {
    endpoints,
    /**
     * Adds an endpoint whose secret is encrypted with the first of the given keys. @returns its id and its
     * secret
     */
    async add(keys: readonly [SecretKey, ...SecretKey[]]) {
      const fields = { name: 'crm', url: 'http://crm/', person: true, from: 'now' } as const;
      const options = { allowPrivate: true, sealer: createSecretSealer(keys), now: TEST_START_TIME };
      const { endpoint, secret } = await addEndpoint(endpoints, fields, options);
      return { id: endpoint.id, secret };
    },
    /** Replaces the stored secrets of an endpoint. */
    store: (id: string, ...secrets: readonly string[]) =>
      updateEndpoint(endpoints, id, (endpoint) => ({
        ...endpoint,
        secrets: secrets.map((secret) => ({ secret, since: TEST_START_TIME })),
      })),
    async stored(id: string): Promise<readonly string[]> {
      return (await endpoints.find(id))?.secrets.map(({ secret }) => secret) ?? [];
    },
  };
}

test('a sealed secret shows nothing of it, and is opened for its endpoint only', async () => {
  const sealer = createSecretSealer([key('new')]);
  const secret = generateEndpointSecret();
  const sealed = await sealer.seal('we_1', secret);
  assert.equal(await sealer.open('we_1', sealed), secret);
  assert.ok(isSealedSecret(sealed) && !isSealedSecret(secret));
  for (const part of sealed.split('.'))
    assert.ok(!Buffer.from(part, 'base64url').toString('latin1').includes(secret.slice(6, 20)));
  assert.notEqual(await sealer.seal('we_1', secret), sealed);
  await assert.rejects(sealer.open('we_2', sealed), /none of its keys opens the secret of webhook we_2$/);
});

test('every key opens what it sealed, the first one seals, and no other opens anything', async () => {
  const [former, current] = [key(), key('2026-12')];
  const before = createSecretSealer([former]);
  const after = createSecretSealer([current, former]);
  const sealed = await before.seal('we_1', 'whsec_a');
  assert.equal(await after.open('we_1', sealed), 'whsec_a');
  assert.deepEqual([before.isCurrent(sealed), after.isCurrent(sealed)], [true, false]);
  assert.equal(getSealingKeyId(await after.seal('we_1', 'whsec_a')), '2026-12');
  for (const others of [[key()], [current], [key('2026-12'), key()]] as const)
    await assert.rejects(createSecretSealer(others).open('we_1', sealed), /^Error: WEBHOOK_SECRET_KEY: none/);
  const end = sealed.endsWith('AA') ? 'gA' : 'AA';
  for (const damaged of ['', 'whsec_a', 'a.b.c.d.e', `${sealed.slice(0, -2)}${end}`])
    await assert.rejects(before.open('we_1', damaged), /^Error: WEBHOOK_SECRET_KEY: none/, damaged);
});

test('without a key nothing is added or rotated', async (context) => {
  const { endpoints, add, stored } = await opened(context);
  const { id } = await add([key()]);
  const sealer = createSecretSealer(undefined);
  const refused = { name: 'EndpointRefusedError', reason: 'key' };
  const times = { now: TEST_START_TIME, until: TEST_START_TIME };
  const before = await stored(id);
  await assert.rejects(rotateEndpointSecret(endpoints, id, { sealer, ...times }), refused);
  const fields = { name: 'crm', url: 'http://crm/', person: true, from: 'now' } as const;
  await assert.rejects(
    addEndpoint(endpoints, fields, { allowPrivate: true, sealer, now: TEST_START_TIME }),
    refused,
  );
  assert.deepEqual([(await endpoints.list()).length, await stored(id)], [1, before]);
});

test('nothing is sealed with a key that opens nothing that is stored: the service would not start any more', async (context) => {
  const { endpoints, add, stored } = await opened(context);
  const [right, wrong] = [key(), key()];
  const { id } = await add([right]);
  const before = await stored(id);
  const sealer = createSecretSealer([wrong]);
  const refused = { name: 'EndpointRefusedError', reason: 'other-key' };
  await assert.rejects(
    rotateEndpointSecret(endpoints, id, { sealer, now: TEST_START_TIME, until: TEST_START_TIME }),
    refused,
  );
  await assert.rejects(add([wrong]), refused);
  assert.deepEqual([(await endpoints.list()).length, await stored(id)], [1, before]);
  await add([key('new'), right]);
});

test('a secret that is rotated is stored only sealed, and requests are signed with both', async (context) => {
  const { endpoints, add } = await opened(context);
  const keys = [key()] as const;
  const { id, secret } = await add(keys);
  const sealer = createSecretSealer(keys);
  const until = new Date(TEST_START_TIME.getTime() + 1);
  const rotated = await rotateEndpointSecret(endpoints, id, { sealer, now: TEST_START_TIME, until });
  const endpoint = await endpoints.find(id);
  assert.ok(rotated && endpoint);
  const signing = getSigningSecrets(endpoint, TEST_START_TIME);
  assert.ok(signing.every(isSealedSecret));
  assert.deepEqual(await Promise.all(signing.map((each) => sealer.open(id, each))), [rotated.secret, secret]);
  assert.equal(
    await rotateEndpointSecret(endpoints, 'we_0', { sealer, now: TEST_START_TIME, until }),
    undefined,
  );
});

test('plain secrets, and those of a former key, are sealed with the current one, once', async (context) => {
  const { endpoints, add, store, stored } = await opened(context);
  const [former, current] = [key(), key('new')];
  const { id } = await add([former]);
  const byFormer = await createSecretSealer([former]).seal(id, 'whsec_a');
  await store(id, 'whsec_plain', byFormer);
  const sealer = createSecretSealer([current, former]);
  await sealOutdatedSecrets(endpoints, sealer);
  const sealed = await stored(id);
  assert.deepEqual(await Promise.all(sealed.map((each) => sealer.open(id, each))), [
    'whsec_plain',
    'whsec_a',
  ]);
  assert.ok(sealed.every(sealer.isCurrent));
  await sealOutdatedSecrets(endpoints, sealer);
  assert.deepEqual(await stored(id), sealed);
  assert.equal((await findOutdatedSecrets(endpoints, createSecretSealer([current]))).size, 0);
});

test('a start without the key that a secret needs is refused, and changes nothing', async (context) => {
  const { endpoints, add, store, stored } = await opened(context);
  const { id } = await add([key()]);
  const before = await stored(id);
  const lacks = new RegExp(`^Error: WEBHOOK_SECRET_KEY: none of its keys opens the secret of webhook ${id}$`);
  await assert.rejects(sealOutdatedSecrets(endpoints, createSecretSealer([key()])), lacks);
  const isMissing = new RegExp(
    `^Error: WEBHOOK_SECRET_KEY: is required, because there are webhooks \\(${id}\\)$`,
  );
  await assert.rejects(sealOutdatedSecrets(endpoints, createSecretSealer(undefined)), isMissing);
  assert.deepEqual(await stored(id), before);
  await store(id, 'whsec_plain');
  await assert.rejects(sealOutdatedSecrets(endpoints, createSecretSealer(undefined)), isMissing);
  await endpoints.remove(id);
  await sealOutdatedSecrets(endpoints, createSecretSealer(undefined));
});

test('the number of valid secrets is limited', async (context) => {
  const { endpoints, add, stored } = await opened(context);
  const keys = [key()] as const;
  const { id } = await add(keys);
  const sealer = createSecretSealer(keys);
  const until = new Date(TEST_START_TIME.getTime() + 1);
  for (let valid = 1; valid < MAX_SECRETS_PER_ENDPOINT; valid += 1)
    await rotateEndpointSecret(endpoints, id, { sealer, now: TEST_START_TIME, until });
  const before = await stored(id);
  assert.equal(before.length, MAX_SECRETS_PER_ENDPOINT);
  const refused = { name: 'EndpointRefusedError', reason: 'later' };
  await assert.rejects(rotateEndpointSecret(endpoints, id, { sealer, now: TEST_START_TIME, until }), refused);
  assert.deepEqual(await stored(id), before);
  await rotateEndpointSecret(endpoints, id, { sealer, now: TEST_START_TIME, until: TEST_START_TIME });
  assert.equal((await stored(id)).length, 1);
  await rotateEndpointSecret(endpoints, id, { sealer, now: until, until: new Date(until.getTime() + 1) });
});
