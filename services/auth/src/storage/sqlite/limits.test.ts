import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import { createUniformLimitRules } from '../../ports/testing/limit-rules.ts';
import { openSqliteAuthStores } from './index.ts';

const folder = await mkdtemp(join(tmpdir(), 'latchkey-limits-'));
after(() => rm(folder, { recursive: true }));
const rules = createUniformLimitRules({ points: 3, seconds: 3600 });

const now = new Date('2026-03-01T12:00:00Z');

function open() {
  const database = openDatabase({ folder, as: 'server' });
  const stores = openSqliteAuthStores(database);
  return {
    database,
    limits: stores.limits(rules),
    trusted: stores.trustedAddresses,
    keys: stores.idempotencyKeys,
    personalData: stores.personalData,
  };
}

test('counts and trusted addresses are there when the store is opened again', async () => {
  const pair = { address: 'ada@example.com', ip: '192.0.2.1' };
  const before = open();
  await before.limits.take('login-address', pair.address, 2);
  await before.trusted.trust(pair, now);
  await before.database.close();

  const { database, limits, trusted } = open();
  assert.equal((await limits.take('login-address', pair.address)).allowed, true);
  assert.equal((await limits.take('login-address', pair.address)).allowed, false);
  assert.equal(await trusted.isTrusted(pair, now), true);
  await database.close();
});

test('rows are deleted in pages, between which other writes run', async () => {
  const { database, limits, keys, trusted, personalData } = open();
  const tables = [
    { table: 'limit_count', values: "'login-ip', 'row ' || :i, 1, 1", remove: () => limits.removeExpired() },
    { table: 'idempotency_key', values: "'row ' || :i, '', 1", remove: () => keys.removeExpired(now) },
    { table: 'trusted_address', values: "'row ' || :i, '', 1", remove: () => trusted.removeExpired(now) },
    {
      table: 'audit_entry',
      values: "'row ' || :i, 'ada', '', 1, '{}', '', 0",
      remove: () => personalData.removeSecurityEvents('ada'),
    },
  ];
  for (const { table, values, remove } of tables) {
    const insert = `INSERT INTO ${table} VALUES (${values})`;
    function count(): number {
      return Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows']);
    }
    const before = count();
    await database.write(() => {
      for (let i = 0; i < 2500; i += 1) database.prepare(insert).run({ i });
    });
    const removed = remove();
    assert.equal(await database.write(count), before + 1500, table);
    await removed;
    assert.equal(count(), before, table);
  }
  await database.close();
});

test('expired counts leave the table, however many there are', async () => {
  const { database, limits } = open();
  const insert = "INSERT INTO limit_count VALUES ('login-ip', :key, 1, 1)";
  await database.write(() => {
    for (let i = 0; i < 2500; i += 1) database.prepare(insert).run({ key: `key ${i}` });
  });
  await limits.take('signup-ip', '192.0.2.1');
  await limits.removeExpired();
  const left = database.prepare("SELECT name FROM limit_count WHERE name <> 'login-address'").all();
  assert.deepEqual(
    left.map(({ name }) => name),
    ['signup-ip'],
  );
  await database.close();
});
