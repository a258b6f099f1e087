import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import {
  type Database,
  DataFolderError,
  type OpenDatabaseOptions,
  openDatabase,
  type SqliteSchema,
} from './index.ts';

let folder: string;
let opened: Database[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-migrations-'));
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await rm(folder, { recursive: true });
});

function openAs(as: OpenDatabaseOptions['as']): Database {
  const database = openDatabase({ folder, as });
  opened.push(database);
  return database;
}

const first: SqliteSchema = { owner: 'notes', migrations: ['CREATE TABLE IF NOT EXISTS note (text TEXT)'] };
const second: SqliteSchema = {
  owner: 'notes',
  migrations: [
    ...first.migrations,
    (connection) => connection.exec("ALTER TABLE note ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'"),
  ],
};

function authors(database: Database): readonly unknown[] {
  return database
    .prepare('SELECT author FROM note')
    .all()
    .map(({ author }) => author);
}

/**
 * Creates the file as release 0.1 did: with the tables of that release and `user_version` 1, but without
 * schema versions.
 */
function fillAsRelease01(): void {
  const connection = new DatabaseSync(join(folder, 'latchkey.sqlite'));
  connection.exec(`PRAGMA application_id = ${0x4c4b4559}; PRAGMA user_version = 1;
    CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('kept')`);
  connection.close();
}

describe('migrations', () => {
  test('run once each, in order', () => {
    const database = openAs('server');
    database.migrate(first);
    database.exec("INSERT INTO note VALUES ('a')");
    database.migrate(second);
    database.migrate(second);
    assert.deepEqual(authors(database), ['nobody']);
  });

  test('of two owners are numbered apart', () => {
    const database = openAs('server');
    database.migrate(second);
    database.migrate({ owner: 'letters', migrations: ['CREATE TABLE letter (text TEXT)'] });
    assert.deepEqual(database.prepare('SELECT * FROM letter').all(), []);
  });

  test('bring a file of release 0.1 up to date, and keep its content', () => {
    fillAsRelease01();
    const database = openAs('server');
    database.migrate(second);
    assert.deepEqual(authors(database), ['nobody']);
    assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], 2);
  });

  test('leave nothing behind if one of them fails', () => {
    const database = openAs('server');
    database.migrate(first);
    const failing = { owner: 'notes', migrations: [...second.migrations, 'nonsense'] };
    assert.throws(() => database.migrate(failing), /syntax error/);
    database.migrate(second);
    assert.deepEqual(authors(database), []);
  });

  test('of a newer build are refused', () => {
    const database = openAs('server');
    database.migrate(second);
    assert.throws(() => database.migrate(first), DataFolderError);
    assert.throws(() => database.migrate(first), /written by a newer version/);
  });

  test('run on a shared connection while no server runs', () => {
    fillAsRelease01();
    const ops = openAs('shared');
    ops.migrate(second);
    assert.deepEqual(authors(ops), ['nobody']);
    openAs('server').migrate(second);
  });

  test('are refused to a shared connection while a server runs that has not run them', () => {
    const server = openAs('server');
    server.migrate(first);
    const ops = openAs('shared');
    ops.migrate(first);
    assert.throws(() => ops.migrate(second), /in use by a server of an earlier version/);
    server.migrate(second);
    ops.migrate(second);
  });
});
