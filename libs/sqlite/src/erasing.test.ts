import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
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

/** Returns which files in the folder contain a text. */
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

const places = {
  owner: 'places',
  migrations: ['CREATE TABLE places (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID'],
};

/**
 * Returns names of different lengths in an order that looks random. Each run of the test gets the same names.
 */
function randomNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => {
    const digest = hash('sha256', `name ${n}`);
    return `p${digest.slice(0, 12)}${'x'.repeat(Number.parseInt(digest.slice(12, 16), 16) % 800)}`;
  });
}

/**
 * Adds names, and erases a third of them. SQLite leaves copies of some erased names in the file.
 * @returns the erased names
 */
async function addAndErase(database: Database): Promise<readonly string[]> {
  database.migrate(places);
  const names = randomNames(3_000);
  await database.write(() => {
    const insert = database.prepare('INSERT INTO places VALUES (?)');
    for (const name of names) insert.run(name);
  });
  const erased = names
    .filter((_, n) => n % 3 === 0)
    .toSorted((a, b) => (hash('sha256', a) < hash('sha256', b) ? -1 : 1));
  const remove = database.prepare('DELETE FROM places WHERE name = ?');
  await database.write(
    () => {
      for (const name of erased) remove.run(name);
    },
    { erases: true },
  );
  return erased;
}

/** Returns how many of the names any file in the folder still contains. */
async function countRemaining(folder: string, names: readonly string[]): Promise<number> {
  const files = await readdir(folder);
  const contents = await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')));
  const found = new Set(contents.join('').match(/p[\da-f]{12}/g));
  return names.filter((name) => found.has(name.slice(0, 13))).length;
}

test('remains of erased rows in unused bytes are gone once a server opens the file again', () =>
  withDatabase(async (database, folder) => {
    assert.deepEqual(database.erasedRemains(), { possible: false });
    const erased = await addAndErase(database);
    assert.deepEqual(database.erasedRemains(), { possible: true });
    assert.ok((await countRemaining(folder, erased)) > 0);
    await database.close();
    const shared = openDatabase({ folder, as: 'shared' });
    assert.deepEqual(shared.erasedRemains(), { possible: true });
    await shared.close();
    const again = openDatabase({ folder, as: 'server' });
    assert.equal(await countRemaining(folder, erased), 0);
    const { possible, rewrittenAt } = again.erasedRemains();
    assert.equal(possible, false);
    assert.equal(again.prepare('SELECT count(*) AS names FROM places').get()?.['names'], 2_000);
    await again.close();
    const third = openDatabase({ folder, as: 'server' });
    assert.deepEqual(third.erasedRemains().rewrittenAt, rewrittenAt);
    await third.write(() => undefined, { erases: true });
    assert.deepEqual(third.erasedRemains(), { possible: true, rewrittenAt });
    await third.close();
  }));

test('a command rewrites the file of a stopped server', () =>
  withDatabase(async (database, folder) => {
    const erased = await addAndErase(database);
    await database.close();
    const stopped = openDatabase({ folder, as: 'exclusive' });
    stopped.rewrite();
    assert.equal(await countRemaining(folder, erased), 0);
    assert.equal(stopped.erasedRemains().possible, false);
    await stopped.close();
  }));

test('a rewrite that another process prevents says so, and remains to be done', () =>
  withDatabase(async (database, folder) => {
    await database.write(() => undefined, { erases: true });
    const writer = new DatabaseSync(join(folder, 'latchkey.sqlite'));
    writer.exec('BEGIN IMMEDIATE');
    assert.throws(() => database.rewrite(), { name: 'DataFolderError', message: /is busy/ });
    writer.close();
    assert.equal(database.erasedRemains().possible, true);
  }));

for (const [began, minutes, possible] of [
  ['an hour ago', -60, true],
  ['two days ago', -2 * 24 * 60, false],
  ['in the future, by a clock that was ahead', 60, false],
] as const)
  test(`a rewrite that failed, and began ${began}, is ${possible ? 'not ' : ''}tried again at a start`, () =>
    withDatabase(async (database, folder) => {
      const attemptedAt = Date.now() + minutes * 60_000;
      function fail() {
        return void database.prepare('UPDATE file_rewrite SET attempted_at = ?').run(attemptedAt);
      }
      await database.write(fail, { erases: true });
      await database.close();
      const again = openDatabase({ folder, as: 'server' });
      assert.equal(again.erasedRemains().possible, possible);
      await again.close();
    }));

test('the file of an earlier release may contain erased data', () =>
  withDatabase(async (database, folder) => {
    database.exec("DROP TABLE file_rewrite; DELETE FROM schema_version WHERE owner = 'file'");
    await database.close();
    const shared = openDatabase({ folder, as: 'shared' });
    assert.deepEqual(shared.erasedRemains(), { possible: true });
    await shared.close();
  }));

/**
 * A program that writes a text to the database, deletes it, and is killed before the write-ahead log is
 * emptied.
 */
const KILLED = `
  import { DatabaseSync } from 'node:sqlite';
  const database = new DatabaseSync(process.argv[1]);
  database.exec("PRAGMA secure_delete = ON; INSERT INTO people (name) VALUES ('lovelace')");
  database.exec("DELETE FROM people WHERE name = 'lovelace'");
  process.kill(process.pid, 'SIGKILL');
`;

test('data that a killed server has deleted is in no file once a server runs again', () =>
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
