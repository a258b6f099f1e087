import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { openDatabase } from '@latchkey/sqlite';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

async function usedFolder(t: TestContext) {
  const folder = await createTemporaryFolder(t);
  const town = await startStandalone(folder);
  t.after(() => town.stop());
  await town.signUpAndVerify('ada');
  await town.signUpAndVerify('ben');
  const file = join(folder, 'anchor.json');
  const made = await runCommandInProcess({ DATA_DIR: folder }, 'anchor', file);
  assert.deepEqual([made.code, made.err], [0, '']);
  return { folder, town, file, made };
}

function verifyAgainst(folder: string, file: string) {
  return runCommandInProcess({ DATA_DIR: folder }, 'verify', '--patience', '0', '--against', file);
}

async function change(folder: string, sql: string): Promise<void> {
  const database = openDatabase({ folder, as: 'shared' });
  await database.write(() => void database.prepare(sql).run());
  await database.close();
}

test('a journal that only grew agrees with its anchor', async (t) => {
  const { folder, town, file, made } = await usedFolder(t);
  assert.match(made.out, /: 2 chains at \S+, root [0-9a-f]{64}\n/);
  await town.signUpAndVerify('carol');
  const { code, out } = await runCommandInProcess({ DATA_DIR: folder }, 'verify', '--against', file);
  assert.match(out, /\nEverything agrees\.\n$/);
  assert.equal(code, 0);
  assert.match(
    (await runCommandInProcess({ DATA_DIR: folder }, 'anchor', file)).err,
    /exists: choose another name/,
  );
});

test('an event that was changed or removed is found, although every hash was made again', async (t) => {
  const { folder, file } = await usedFolder(t);
  await change(
    folder,
    'UPDATE journal_commit SET events = replace(events, \'"locale":"en"\', \'"locale":"de"\') WHERE stream = (SELECT min(stream) FROM journal_commit)',
  );
  const broken = await verifyAgainst(folder, file);
  assert.match(broken.out, /^journal-broken \S+: event 1: its content does not match its hash/m);
  // An attacker who changes an event can also compute a new hash chain, because the hash algorithm is
  // public. But the attacker cannot change the hashes in an anchor that was created earlier.
  const rehash = `UPDATE journal_commit SET events = (SELECT json_group_array(json_remove(value, '$.chain')) FROM json_each(events))
    WHERE stream = (SELECT min(stream) FROM journal_commit)`;
  await change(folder, rehash);
  const changed = await verifyAgainst(folder, file);
  assert.equal(changed.code, 1);
  assert.match(changed.out, /^history-changed \S+: event 2 differs from the event in the anchor of /m);
  await change(folder, 'DELETE FROM journal_commit WHERE stream = (SELECT max(stream) FROM journal_commit)');
  const removed = await verifyAgainst(folder, file);
  assert.match(removed.out, /^history-changed \S+: all events that the anchor of \S+ contains are missing$/m);
});

test('an anchor that was changed is not compared with', async (t) => {
  const { folder, file } = await usedFolder(t);
  const anchor = JSON.parse(await readFile(file, 'utf8'));
  const { heads, root } = anchor;
  for (const [flaw, changed] of [
    [/root does not match its heads/, { ...anchor, heads: heads.slice(1) }],
    [/signature is not valid/, { ...anchor, at: '2020-01-01T00:00:00.000Z' }],
    [/unknown key/, { ...anchor, signature: anchor.signature.replace(/^[^.]+/, 'other') }],
    [/not an anchor/, { root }],
  ] as const) {
    const other = join(folder, 'other.json');
    await writeFile(other, JSON.stringify(changed));
    const { code, err } = await verifyAgainst(folder, other);
    assert.equal(code, 2);
    assert.match(err, flaw);
  }
  assert.match((await verifyAgainst(folder, join(folder, 'none.json'))).err, /none\.json does not exist/);
});

/**
 * Copies a record of the first anchor, changes a hash in the copy, and appends the copy to the topic. Anyone
 * with write access to the topic could do this.
 */
async function appendChangedAnchor(folder: string): Promise<void> {
  const database = openDatabase({ folder, as: 'exclusive' });
  const bus = createEmbeddedBus({ database });
  const [record] = bus
    .records('anchors.v1', { limit: 10 })
    .toSorted((a, b) => (String(a.key) < String(b.key) ? -1 : 1));
  assert.ok(record?.key);
  const value = Buffer.from(String(record.value).replaceAll('"hash":"', '"hash":"x'));
  await bus.publish('anchors.v1', [{ key: record.key.toString(), value, headers: {} }]);
  await bus.close();
  await database.close();
}

test('anchors on a topic are all compared with, and a forged one is left out', async (t) => {
  const { folder, town } = await usedFolder(t);
  const ops = (...words: readonly string[]) => runCommandInProcess({ DATA_DIR: folder }, ...words);
  const against = ['verify', '--patience', '0', '--against', 'topic:anchors.v1'];
  assert.match((await ops(...against)).err, /there is no topic anchors\.v1/);
  const made = await ops('anchor', '--topic', 'anchors.v1');
  assert.deepEqual([made.code, made.err], [0, '']);
  assert.match(made.out, /^anchors\.v1: 2 chains at \S+, root [0-9a-f]{64}\n/);
  await town.signUpAndVerify('carol');
  assert.equal((await ops('anchor', '--topic', 'anchors.v1')).code, 0);
  assert.equal((await ops('verify', '--against', 'topic:anchors.v1')).code, 0);

  await town.stop();
  await change(folder, 'DELETE FROM journal_commit WHERE stream = (SELECT max(stream) FROM journal_commit)');
  // An attacker who obtains the signing keys later can publish a new anchor, which covers only the events
  // that are left. But the attacker cannot remove an earlier anchor from the topic, so `verify` still finds
  // the missing events.
  assert.equal((await ops('anchor', '--topic', 'anchors.v1')).code, 0);
  const removed = await ops(...against);
  assert.match(removed.out, /^history-changed \S+: all events that the anchor of \S+ contains are missing$/m);
  await appendChangedAnchor(folder);
  const hidden = await ops(...against);
  assert.match(hidden.out, /^history-changed \S+: all events that the anchor of \S+ contains are missing$/m);
  assert.doesNotMatch(hidden.out, /^anchor-unusable/m);

  await change(
    folder,
    `UPDATE bus_record SET value = CAST(replace(CAST(value AS TEXT), '"at":"2', '"at":"1') AS BLOB) WHERE CAST(value AS TEXT) LIKE '%"root":%'`,
  );
  const none = await ops(...against);
  assert.match(
    none.err,
    /(anchors\.v1: the anchor of \S+ is not genuine: its .*\n){3}.*anchors\.v1 has no genuine anchor/,
  );
  assert.equal(none.code, 2);
  assert.equal((await ops('anchor', '--topic', 'accounts.events.v1')).code, 1);
  assert.match((await ops('anchor')).err, /give either a file or --topic/);
});
