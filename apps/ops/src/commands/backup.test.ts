import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../standalone/src/testing.ts';
import { startSystem } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('a copy that was made while the server runs has everything up to then, and a server runs on it', async (t) => {
  const [folder, place] = [await temporaryFolder(t), await temporaryFolder(t)];
  const town = await startSystem(folder);
  t.after(() => town.stop());
  await town.settle('ada');
  const copy = join(place, 'copy');
  const made = await runCommandInProcess({ DATA_DIR: folder }, 'backup', copy);
  assert.deepEqual([made.code, made.err], [0, '']);
  assert.match(made.out, /copy: latchkey\.sqlite and secrets\.json\.\n/);
  await town.settle('ben');

  assert.deepEqual((await readdir(copy)).toSorted(), ['latchkey.sqlite', 'secrets.json']);
  for (const name of ['', 'latchkey.sqlite', 'secrets.json'])
    assert.equal((await stat(join(copy, name))).mode & 0o077, 0, name);
  const verified = await runCommandInProcess({ DATA_DIR: copy }, 'verify', '--patience', '0');
  assert.match(verified.out, /\nEverything agrees\.\n$/);
  const restored = await startSystem(copy);
  t.after(() => restored.stop());
  assert.ok(await restored.me('ada'));
  await assert.rejects(restored.me('ben'));
});

test('a folder with files, data in MongoDB and a missing data folder are refused', async (t) => {
  const folder = await temporaryFolder(t);
  const town = await startSystem(folder);
  await town.stop();
  const full = await runCommandInProcess({ DATA_DIR: folder }, 'backup', folder);
  assert.match(full.err, /is not empty: choose another folder/);
  assert.equal(full.code, 1);
  const elsewhere = { DATA_DIR: folder, STORE: 'mongo', MONGO_URL: 'mongodb://127.0.0.1:1/latchkey' };
  const cluster = await runCommandInProcess(elsewhere, 'backup', join(folder, 'copy'));
  assert.match(cluster.err, /back it up with the tools of MongoDB/);
  const none = await runCommandInProcess({ DATA_DIR: join(folder, 'none') }, 'backup', join(folder, 'copy'));
  assert.equal(none.code, 1);
});
