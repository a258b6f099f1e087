import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { authSettingsSchema } from '@latchkey/auth';
import { generateSecrets, type Secrets } from '@latchkey/auth/secrets';
import { notifierSettingsSchema } from '@latchkey/notifier';
import { readConfig } from '@latchkey/process';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';
import { runOps } from '../testing/run-ops.ts';
import { createSecretFiles } from './secrets.ts';

const names = Object.keys(generateSecrets()) as (keyof Secrets)[];

async function contents(folder: string): Promise<Record<string, string>> {
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

test('creates the files that services read by …_FILE, once, each readable to its owner alone', async (t) => {
  const folder = join(await createTemporaryFolder(t), 'deep', 'secrets');
  const first = await runOps({}, 'secrets', folder);
  assert.deepEqual([first.code, first.err], [0, '']);
  assert.match(first.out, /: created SIGNING_KEYS, EVENT_SIGNING_KEYS, SEALING_PUBLIC_KEY, /);
  assert.deepEqual((await readdir(folder)).toSorted(), names.toSorted());
  for (const name of names) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);

  const files = Object.fromEntries(names.map((name) => [`${name}_FILE`, join(folder, name)]));
  const common = { ...files, PUBLIC_URL: 'https://accounts.example.com' };
  readConfig(authSettingsSchema, common);
  readConfig(notifierSettingsSchema, { ...common, LATCHKEY_ENV: 'development' });

  const made = await contents(folder);
  const again = await runCommandInProcess({}, 'secrets', folder);
  assert.deepEqual([again.code, again.out], [0, `${folder}: all secrets exist already.\n`]);
  assert.deepEqual(await contents(folder), made);
});

test('refuses a folder that has only some of them, and leaves it unchanged', async (t) => {
  const folder = await createTemporaryFolder(t);
  await createSecretFiles(folder);
  await rm(join(folder, 'REFRESH_KEY'));
  const { code, out, err } = await runCommandInProcess({}, 'secrets', folder);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^ops: [^\n]+ lacks REFRESH_KEY: put them back, or remove the other files [^\n]+\n$/);
  assert.equal((await readdir(folder)).length, names.length - 1);
});

test('adds the keys that the set of an earlier release lacks', async (t) => {
  const folder = await createTemporaryFolder(t);
  await createSecretFiles(folder);
  const later = ['EVENT_SIGNING_KEYS', 'WEBHOOK_SECRET_KEY'];
  for (const missing of [later, later.slice(1)]) {
    for (const name of missing) await rm(join(folder, name));
    const { out } = await runCommandInProcess({}, 'secrets', folder);
    assert.ok(out.includes(`: created ${missing.join(', ')}. `), out);
  }
  assert.equal((await readdir(folder)).length, names.length);
});

test('continues with the same set after an interruption', async (t) => {
  const folder = await createTemporaryFolder(t);
  const planned = generateSecrets();
  await writeFile(join(folder, '.secrets.json'), JSON.stringify(planned));
  await writeFile(join(folder, 'SIGNING_KEYS'), planned.SIGNING_KEYS);
  assert.deepEqual((await createSecretFiles(folder)).toSorted(), names.toSorted());
  assert.deepEqual(await contents(folder), { ...planned });
  assert.equal((await readdir(folder)).length, names.length);
});

test('several processes at once create one set, however they overlap', async (t) => {
  for (let round = 0; round < 30; round += 1) {
    const folder = await createTemporaryFolder(t);
    await Promise.all(Array.from({ length: 8 }, () => createSecretFiles(folder)));
    await assertOneSet(folder);
  }
});

async function assertOneSet(folder: string): Promise<void> {
  const { SEALING_PUBLIC_KEY, SEALING_PRIVATE_KEYS } = await contents(folder);
  const { x } = JSON.parse(String(SEALING_PUBLIC_KEY));
  assert.equal(JSON.parse(String(SEALING_PRIVATE_KEYS)).keys[0].x, x);
  assert.deepEqual((await readdir(folder)).toSorted(), names.toSorted());
}

test('names what prevents a folder', async (t) => {
  const folder = await createTemporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'odd', 'REFRESH_KEY'), { recursive: true });
  assert.match(
    (await runCommandInProcess({}, 'secrets', join(folder, 'odd'))).err,
    /^ops: [^\n]*REFRESH_KEY cannot be read\n$/,
  );
  assert.equal((await runCommandInProcess({}, 'secrets', join(folder, 'file'))).code, 1);
  assert.match((await runCommandInProcess({}, 'secrets')).err, /^ops: missing required argument 'folder'\n/);
  assert.match(
    (await runCommandInProcess({}, 'secrets', 'a', 'b')).err,
    /^ops: too many arguments for 'secrets'\./,
  );
});
