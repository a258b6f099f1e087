import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { loadSecrets, secretsPath } from './secrets.ts';
import { temporaryFolder } from './testing.ts';

test('secrets are made once, readable to their owner alone, and stay the same', async (t) => {
  const folder = await temporaryFolder(t);
  const made = await loadSecrets(folder);
  assert.equal((await stat(secretsPath(folder))).mode & 0o777, 0o600);
  assert.deepEqual(await loadSecrets(folder), made);
});

test('each folder has secrets of its own', async (t) => {
  const one = await loadSecrets(await temporaryFolder(t));
  const other = await loadSecrets(await temporaryFolder(t));
  for (const name of Object.keys(one) as (keyof typeof one)[]) assert.notEqual(one[name], other[name]);
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

test('a missing file of a folder that was used with keys is not replaced', async (t) => {
  const folder = await temporaryFolder(t);
  await assert.rejects(
    loadSecrets(folder, async () => true),
    { message: `${secretsPath(folder)} is missing: restore it, or start with another DATA_DIR` },
  );
  await assert.rejects(stat(secretsPath(folder)), { code: 'ENOENT' });
});
