import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from './database.ts';
import { pages } from './pages.ts';

test('pages hold every row once, in the order of its key, and none is empty', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-sqlite-'));
  const database = openDatabase({ folder, as: 'server' });
  t.after(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  database.exec('CREATE TABLE letter (id TEXT PRIMARY KEY) STRICT');
  const query = {
    sql: 'SELECT id FROM letter WHERE id > ? ORDER BY id LIMIT ?',
    start: '',
    key: 'id',
    size: 2,
  };
  assert.deepEqual([...pages(database, query)], []);
  database.exec("INSERT INTO letter VALUES ('d'), ('b'), ('a'), ('c')");
  const read = [...pages(database, query)].map((page) => page.map(({ id }) => id));
  assert.deepEqual(read, [
    ['a', 'b'],
    ['c', 'd'],
  ]);
});
