import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { openStoreContract } from '@latchkey/store/testing/open-store';
import { openSqlite } from './index.ts';

async function openFolder(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-sqlite-store-'));
  const store = openSqlite({ folder, as: 'server' });
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  async function insert(place: string, notes: readonly string[]): Promise<void> {
    store.database.exec(`CREATE TABLE ${place} (note TEXT NOT NULL) STRICT`);
    const add = store.database.prepare(`INSERT INTO ${place} (note) VALUES (:note)`);
    await store.database.write(() => {
      for (const note of notes) add.run({ note });
    });
  }
  return { folder, store, insert };
}

describe('the embedded store', () => {
  openStoreContract(openFolder);

  test('does not yield the records of the embedded log', async (context) => {
    const { store, insert } = await openFolder(context);
    await insert('bus_records', ['event']);
    await insert('busy', ['note']);
    const notes: unknown[] = [];
    for await (const { record } of store.records()) if ('note' in record) notes.push(record['note']);
    assert.deepEqual(notes, ['note']);
  });

  test('copies its file, for its owner only, while the store is in use', async (context) => {
    const { folder, store, insert } = await openFolder(context);
    await insert('notes', ['a note']);
    assert.deepEqual([store.file.folder, store.file.name], [folder, 'latchkey.sqlite']);
    const path = join(folder, 'copy.sqlite');
    await store.file.copyTo(path);
    assert.ok((await readFile(path)).includes('a note'));
    assert.equal((await stat(path)).mode & 0o077, 0);
    await assert.rejects(store.file.copyTo(path), { code: 'EEXIST' });
  });
});
