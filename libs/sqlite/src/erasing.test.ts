import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Database, openDatabase } from './database.ts';

const schema = {
  owner: 'people',
  migrations: ['CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT) STRICT'],
};

async function withDatabase(work: (database: Database, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-erasing-'));
  const database = openDatabase({ folder, as: 'server' });
  database.migrate(schema);
  await work(database, folder).finally(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
}

/** Returns the files that contain a text. */
async function filesWith(folder: string, text: string): Promise<readonly string[]> {
  const files = await readdir(folder);
  const contents = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')));
  return files.filter((_, index) => contents[index]?.includes(text));
}

function addAll(database: Database, names: readonly string[]): Promise<void> {
  return database.write(() => {
    const insert = database.prepare('INSERT INTO people (name) VALUES (?)');
    for (const name of names) insert.run(name);
  });
}

const others = Array.from({ length: 2000 }, (_, n) => `somebody-${n}-${'x'.repeat(n % 300)}`);

test('a write that erases leaves what it has replaced or deleted in no file', () =>
  withDatabase(async (database, folder) => {
    const long = `lovelace${'y'.repeat(9000)}`;
    await addAll(database, [
      ...others.slice(0, 1000),
      'lovelace@example.com',
      long,
      'lovelace',
      ...others.slice(1000),
    ]);
    assert.ok((await filesWith(folder, 'lovelace')).length > 0);
    const replace = "UPDATE people SET name = 'nobody' WHERE name = 'lovelace@example.com'";
    await database.write(() => void database.prepare(replace).run());
    const remove = "DELETE FROM people WHERE name LIKE 'lovelace%'";
    await database.write(() => void database.prepare(remove).run(), { erases: true });
    assert.deepEqual(await filesWith(folder, 'lovelace'), []);
    assert.equal(database.prepare('SELECT count(*) AS many FROM people').get()?.['many'], others.length + 1);
  }));

test('a write that erases while somebody reads is in no file once they have finished', () =>
  withDatabase(async (database, folder) => {
    await addAll(database, ['lovelace', ...others]);
    const reader = new DatabaseSync(join(folder, 'latchkey.sqlite'));
    reader.exec('BEGIN; SELECT count(*) FROM people');
    await database.write(() => void database.prepare("DELETE FROM people WHERE name = 'lovelace'").run(), {
      erases: true,
    });
    reader.close();
    while ((await filesWith(folder, 'lovelace')).length > 0) await pause(50);
  }));

/** Writes into the folder, deletes that again, and dies before the write-ahead log is emptied. */
const KILLED = `
  import { DatabaseSync } from 'node:sqlite';
  const database = new DatabaseSync(process.argv[1]);
  database.exec("PRAGMA secure_delete = ON; INSERT INTO people (name) VALUES ('lovelace')");
  database.exec("DELETE FROM people WHERE name = 'lovelace'");
  process.kill(process.pid, 'SIGKILL');
`;

test('what a killed server has deleted is in no file once a server runs again', () =>
  withDatabase(async (database, folder) => {
    await database.close();
    const words = ['--input-type=module', '--eval', KILLED, join(folder, 'latchkey.sqlite')];
    await once(spawn(process.execPath, words, { stdio: 'ignore' }), 'close');
    assert.deepEqual(await filesWith(folder, 'lovelace'), ['latchkey.sqlite-wal']);
    const again = openDatabase({ folder, as: 'server' });
    try {
      assert.deepEqual(await filesWith(folder, 'lovelace'), []);
    } finally {
      await again.close();
    }
  }));
