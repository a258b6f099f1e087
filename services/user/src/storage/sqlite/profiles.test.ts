import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openSqlite } from '@latchkey/sqlite';
import { type AllowedPlan, refuseTableScans } from '@latchkey/sqlite/testing';
import { StoreUnavailable } from '@latchkey/store';
import { createTestProfile, defineProfilesContractTests } from '../../ports/profiles.contract.ts';
import { createEmptyStoredAccount, toStoredAccount } from '../../profile/stored-account.ts';
import { openSqliteUserStorage } from './index.ts';
import { getProfileTableName, userSqliteSchema } from './migrations.ts';

async function openFolder(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-profiles-'));
  const store = openSqlite({ folder, as: 'server' });
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return {
    ...openSqliteUserStorage({ database: refuseTableScans(store.database, allowed) }),
    close: store.close,
  };
}

const allowed: readonly AllowedPlan[] = [
  { plan: /INDEX user_profiles_v\d+_parked\b/, because: 'this partial index contains only parked accounts' },
  { plan: /INDEX user_profiles_v\d+_forked\b/, because: 'this partial index contains only forked accounts' },
  {
    plan: /^USE TEMP B-TREE FOR ORDER BY: .* AND id IN \(SELECT id FROM .* UNION SELECT id FROM/,
    because: 'this statement is used only if few accounts match the prefix',
  },
];

defineProfilesContractTests('sqlite', async (context) => (await openFolder(context)).profilesOf(1));

test('finds many profiles by a shared prefix, in order', async (context) => {
  const profiles = (await openFolder(context)).profilesOf(1);
  const accounts = Array.from({ length: 600 }, (_, index) => createTestProfile(`user${index}`));
  await profiles.save([...accounts, createTestProfile('other')].map(toStoredAccount));
  const found = await profiles.list({ limit: 1000, prefix: 'USER' });
  assert.deepEqual(
    found.map(({ id }) => id),
    accounts.map(({ id }) => id).toSorted(),
  );
});

test('profiles of release 0.1 are kept, and get the hashes of their next events', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-profiles-'));
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';
  const [release01] = userSqliteSchema.migrations;
  assert.ok(release01 !== undefined);
  const before = openSqlite({ folder, as: 'server' });
  before.database.migrate({ owner: userSqliteSchema.owner, migrations: [release01] });
  const profile = { ended: true, id, sequence: 1 } as const;
  await before.database.write(() => {
    const sql = 'INSERT INTO user_profiles_v1 (id, sequence, profile) VALUES (?, ?, ?)';
    before.database.prepare(sql).run(id, 1, JSON.stringify(profile));
    before.database.exec('CREATE TABLE user_profiles_v3 AS SELECT * FROM user_profiles_v1');
  });
  await before.close();
  const store = openSqlite({ folder, as: 'server' });
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const { profilesOf } = openSqliteUserStorage(store);
  for (const profiles of [profilesOf(1), profilesOf(3)]) {
    assert.deepEqual(await profiles.load([id]), new Map([[id, toStoredAccount(profile)]]));
    assert.equal(await profiles.countForked(), 0);
  }
  const next = { ...toStoredAccount({ ...profile, sequence: 2 }), head: '2:hash' };
  await profilesOf(1).save([next]);
  assert.deepEqual(await profilesOf(1).load([id]), new Map([[id, next]]));
});

test('a store that is closed is distinguished from a fault', async (context) => {
  const { profilesOf, close } = await openFolder(context);
  const profiles = profilesOf(1);
  await close();
  await assert.rejects(profiles.load(['a']), StoreUnavailable);
  await assert.rejects(profiles.save([createEmptyStoredAccount('a')]), StoreUnavailable);
});

test('two generations of profiles know nothing of each other', async (context) => {
  const { generations, profilesOf } = await openFolder(context);
  await generations.prepare(2);
  const [before, after] = [profilesOf(1), profilesOf(2)];
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';
  await before.save([toStoredAccount({ ended: true, id, sequence: 1 })]);
  assert.deepEqual(await after.load([id]), new Map());
  assert.throws(() => getProfileTableName('v1; DROP TABLE x'), /letters, digits/);
});
