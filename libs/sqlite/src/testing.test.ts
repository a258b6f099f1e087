import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Database, openDatabase } from './database.ts';
import { refuseTableScans } from './testing.ts';

let folder: string;
let database: Database;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-scans-'));
  database = openDatabase({ folder, as: 'server' });
  database.exec(
    'CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT); CREATE INDEX by_name ON person (name)',
  );
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

describe('a database that refuses scans', () => {
  it('runs statements that search an index', () => {
    const { prepare } = refuseTableScans(database);
    prepare('INSERT INTO person (id, name) VALUES (?, ?)').run('1', 'ada');
    const byName = 'SELECT id FROM person WHERE name >= :name ORDER BY name';
    assert.equal(prepare(byName).get({ name: 'a' })?.['id'], '1');
    const byIds = 'SELECT name FROM person WHERE id IN (SELECT value FROM json_each(:ids))';
    assert.equal(prepare(byIds).get({ ids: '["1"]' })?.['name'], 'ada');
    assert.equal(prepare('SELECT count(*) AS n FROM (SELECT 1 FROM person WHERE id = ?)').get('1')?.['n'], 1);
  });

  const refused = {
    'read a table': ["SELECT name FROM person WHERE name LIKE '%a'", /SCAN person/],
    'read an index': ['SELECT count(*) FROM person', /SCAN person USING COVERING INDEX/],
    'change all rows': ['UPDATE person\n SET name = NULL', /SCAN person: UPDATE person SET name = NULL/],
    'sort rows': [
      "SELECT * FROM person WHERE name = 'a' ORDER BY id DESC, rowid",
      /USE TEMP B-TREE FOR ORDER BY/,
    ],
    'group rows': ["SELECT 1 FROM person WHERE id > '' GROUP BY name", /SCAN|USE TEMP B-TREE FOR GROUP BY/],
  } as const;
  for (const [what, [sql, message]] of Object.entries(refused)) {
    it(`refuses statements that ${what}, every time`, () => {
      const { prepare } = refuseTableScans(database);
      assert.throws(() => prepare(sql), { message });
      assert.throws(() => prepare(sql), { message });
    });
  }

  it('runs statements whose plan is allowed, and no others', () => {
    const plan = /^SCAN person USING COVERING INDEX by_name: SELECT name FROM person$/;
    const { prepare } = refuseTableScans(database, [{ plan, because: 'the table is small' }]);
    assert.deepEqual(prepare('SELECT name\n  FROM person').all(), []);
    assert.throws(() => prepare('SELECT id FROM person'), /SCAN/);
  });
});
