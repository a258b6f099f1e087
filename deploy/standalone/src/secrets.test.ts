import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { calculateJwkThumbprint } from 'jose';
import { loadSecrets, makeSecrets, secretsPath } from './secrets.ts';
import { temporaryFolder } from './testing.ts';

test('secrets are made once, readable to their owner alone, and stay the same', async (t) => {
  const folder = await temporaryFolder(t);
  const made = await loadSecrets(folder);
  assert.equal((await stat(secretsPath(folder))).mode & 0o777, 0o600);
  assert.deepEqual(await loadSecrets(folder), made);
});

test('each folder has secrets of its own', async () => {
  const [one, other] = [await makeSecrets(), await makeSecrets()];
  for (const name of Object.keys(one) as (keyof typeof one)[]) assert.notEqual(one[name], other[name]);
});

test('the keys are what their settings take', async () => {
  const secrets = await makeSecrets();
  const [signing] = JSON.parse(secrets.SIGNING_KEYS).keys;
  assert.deepEqual([signing.kty, signing.crv], ['EC', 'P-256']);
  assert.equal(signing.kid, await calculateJwkThumbprint(signing));
  const [sealing] = JSON.parse(secrets.SEALING_PRIVATE_KEYS).keys;
  const { d, ...publicPart } = sealing;
  assert.equal(typeof d, 'string');
  assert.deepEqual(JSON.parse(secrets.SEALING_PUBLIC_KEY), publicPart);
  assert.equal(sealing.kid, await calculateJwkThumbprint(publicPart));
  for (const key of [secrets.PASSWORD_SALT_KEY, secrets.REFRESH_KEY])
    assert.equal(Buffer.from(key, 'base64url').length, 32);
});

test('a damaged file is never replaced, and the error does not quote it', async (t) => {
  const folder = await temporaryFolder(t);
  const damaged = '{"PASSWORD_SALT_KEY": "half a sec';
  await writeFile(secretsPath(folder), damaged);
  await assert.rejects(loadSecrets(folder), (error: Error) => {
    assert.ok(error.message.includes(secretsPath(folder)));
    assert.doesNotMatch(error.message, /half/);
    return true;
  });
  assert.equal(await readFile(secretsPath(folder), 'utf8'), damaged);
});
