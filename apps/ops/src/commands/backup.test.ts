import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { memoryStore, type SequenceStore, subscribe } from '@latchkey/events/subscribe';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { waitUntil } from '../testing/eventually.ts';
import { type RunningStandalone, startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('a copy that was made while the server runs has everything up to then, and a server runs on it', async (t) => {
  const [folder, place] = [await createTemporaryFolder(t), await createTemporaryFolder(t)];
  const town = await startStandalone(folder);
  t.after(() => town.stop());
  await town.signUpAndVerify('ada');
  const copy = join(place, 'copy');
  const made = await runCommandInProcess({ DATA_DIR: folder }, 'backup', copy);
  assert.deepEqual([made.code, made.err], [0, '']);
  assert.match(made.out, /copy: latchkey\.sqlite and secrets\.json\.\n/);
  await town.signUpAndVerify('ben');

  assert.deepEqual((await readdir(copy)).toSorted(), ['latchkey.sqlite', 'secrets.json']);
  for (const name of ['', 'latchkey.sqlite', 'secrets.json'])
    assert.equal((await stat(join(copy, name))).mode & 0o077, 0, name);
  const verified = await runCommandInProcess({ DATA_DIR: copy }, 'verify', '--patience', '0');
  assert.match(verified.out, /\nEverything agrees\.\n$/);
  const restored = await startStandalone(copy);
  t.after(() => restored.stop());
  assert.ok(await restored.me('ada'));
  await assert.rejects(restored.me('ben'));
});

/**
 * Subscribes to the event feed of a running system, starting at the first event. The positions are kept in
 * `store`, so that a later subscription can continue from them on another system.
 */
async function follow(t: TestContext, { url }: RunningStandalone, key: string, store: SequenceStore) {
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const handlers = { EmailChangeRequested: () => undefined };
  const subscription = await subscribe({ url, key, store, handlers, logger });
  t.after(() => subscription.stop());
  return subscription;
}

test('a service that has handled events from after the backup notices that other events follow', async (t) => {
  const [folder, place] = [await createTemporaryFolder(t), await createTemporaryFolder(t)];
  const town = await startStandalone(folder);
  t.after(() => town.stop());
  const [ada, ben] = [await town.signUpAndVerify('ada'), await town.signUpAndVerify('ben')];
  const added = await runCommandInProcess(
    { DATA_DIR: folder },
    'clients',
    'add',
    'mirror',
    '--scope',
    'events',
  );
  const [, key = ''] = /^key +(\S+)$/m.exec(added.out) ?? [];
  const copy = join(place, 'copy');
  assert.equal((await runCommandInProcess({ DATA_DIR: folder }, 'backup', copy)).code, 0);

  const store = { ...memoryStore(), forgetful: false };
  async function hasRead(account: string, sequence: number) {
    return (await store.load([account])).get(account)?.sequence === sequence;
  }
  await town.changeEmail('ada', 'ada@example.org');
  const before = await follow(t, town, key, store);
  await waitUntil('the change is handled', () => hasRead(ada, 3));
  await waitUntil('the others are read', () => hasRead(ben, 2));
  await before.stop();
  await town.stop();

  const restored = await startStandalone(copy);
  t.after(() => restored.stop());
  for (const name of ['ada', 'ben']) await restored.changeEmail(name, `${name}@example.net`);
  const after = await follow(t, restored, key, store);
  await waitUntil('the other history is noticed', async () => (await after.listParked()).length > 0);
  await waitUntil('other accounts go on', () => hasRead(ben, 3));
  assert.deepEqual(
    (await after.listParked()).map(({ account, reason, cause }) => [account, reason, cause]),
    [[ada, 'forked', 'event 3 differs from the event 3 that was applied: the history has forked']],
  );
  assert.match((await runCommandInProcess({ DATA_DIR: copy }, 'verify')).out, /\nEverything agrees\.\n$/);
});

test('a folder with files, data in MongoDB and a missing data folder are refused', async (t) => {
  const folder = await createTemporaryFolder(t);
  const town = await startStandalone(folder);
  await town.stop();
  const full = await runCommandInProcess({ DATA_DIR: folder }, 'backup', folder);
  assert.match(full.err, /is not empty: choose another folder/);
  assert.equal(full.code, 1);
  const elsewhere = { DATA_DIR: folder, STORE: 'mongo', MONGO_URL: 'mongodb://127.0.0.1:1/latchkey' };
  const cluster = await runCommandInProcess(elsewhere, 'backup', join(folder, 'copy'));
  assert.match(cluster.err, /back it up with the tools of that server/);
  const none = await runCommandInProcess({ DATA_DIR: join(folder, 'none') }, 'backup', join(folder, 'copy'));
  assert.equal(none.code, 1);
});
