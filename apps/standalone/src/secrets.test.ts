import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { getSecretsPath, loadOrGenerateSecrets } from './secrets.ts';
import { createTemporaryFolder } from './testing.ts';

test('secrets are made once, readable to their owner alone, and stay the same', async (t) => {
  const folder = await createTemporaryFolder(t);
  const made = await loadOrGenerateSecrets(folder);
  assert.equal((await stat(getSecretsPath(folder))).mode & 0o777, 0o600);
  assert.deepEqual(await loadOrGenerateSecrets(folder), made);
});

test('each folder has secrets of its own', async (t) => {
  const one = await loadOrGenerateSecrets(await createTemporaryFolder(t));
  const other = await loadOrGenerateSecrets(await createTemporaryFolder(t));
  for (const name of Object.keys(one) as (keyof typeof one)[]) assert.notEqual(one[name], other[name]);
});

test('a damaged file is never replaced, and the error does not quote it', async (t) => {
  const folder = await createTemporaryFolder(t);
  const damaged = '{"PASSWORD_SALT_KEY": "half a sec';
  await writeFile(getSecretsPath(folder), damaged);
  await assert.rejects(loadOrGenerateSecrets(folder), (error: Error) => {
    assert.ok(error.message.includes(getSecretsPath(folder)));
    assert.doesNotMatch(error.message, /half/);
    return true;
  });
  assert.equal(await readFile(getSecretsPath(folder), 'utf8'), damaged);
});

test('a missing file of a folder that was used with keys is not replaced', async (t) => {
  const folder = await createTemporaryFolder(t);
  await assert.rejects(
    loadOrGenerateSecrets(folder, async () => true),
    { message: `${getSecretsPath(folder)} is missing: restore it, or start with another DATA_DIR` },
  );
  await assert.rejects(stat(getSecretsPath(folder)), { code: 'ENOENT' });
});
