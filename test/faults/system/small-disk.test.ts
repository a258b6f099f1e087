import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { canMountDisks, mountSmallDisk } from './small-disk.ts';
import { findUnsupportedStandaloneFaults } from './standalone.ts';

test('a disk is full until it is freed; without the right to mount one, runs omit this fault', async () => {
  const mayMount = canMountDisks();
  assert.equal(findUnsupportedStandaloneFaults().includes('full-disk'), !mayMount);
  if (!mayMount) return;
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-disk-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const disk = await mountSmallDisk(folder, stack);
  const database = new DatabaseSync(join(folder, 'latchkey.sqlite'));
  try {
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE note (text TEXT)');
    const insert = database.prepare("INSERT INTO note VALUES ('some text')");
    for (let full = 0; full < 2; full += 1) {
      insert.run();
      await disk.fill();
      assert.throws(() => insert.run(), /full/);
      await assert.rejects(writeFile(join(folder, 'file'), 'some text'), { code: 'ENOSPC' });
      await disk.free();
    }
    insert.run();
    assert.equal(database.prepare('SELECT count(*) AS many FROM note').get()?.['many'], 3);
  } finally {
    database.close();
  }
});
