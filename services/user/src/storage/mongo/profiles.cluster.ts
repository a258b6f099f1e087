import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { StoreUnavailable } from '@latchkey/store';
import { createTestProfile, defineProfilesContractTests } from '../../ports/profiles.contract.ts';
import { toStoredAccount } from '../../profile/stored-account.ts';
import { createMongoProfiles } from './profiles.ts';
import { listProfileIndexes } from './schema.ts';

const database = createTestDatabase('profiles', listProfileIndexes(), [
  {
    query: /^find user_profiles_v1 \{ profile.username \}$/,
    because: 'only the test searches the field itself',
  },
]);

defineProfilesContractTests('mongo', async () => createMongoProfiles((await database.empty()).connection));

test('generations know nothing of each other', async () => {
  const { connection } = await database.empty();
  const [one, other] = [createMongoProfiles(connection), createMongoProfiles(connection, 'v2')];
  const profile = createTestProfile('ada');
  await one.save([toStoredAccount(profile)]);
  assert.deepEqual(await other.load([profile.id]), new Map());
});

test('a profile reads in MongoDB as it does in the service', async () => {
  const { connection } = await database.empty();
  const profile = createTestProfile('ada');
  await createMongoProfiles(connection).save([toStoredAccount(profile)]);
  assert.deepEqual(await connection.collection('user_profiles_v1').findOne({ 'profile.username': 'ada' }), {
    _id: profile.id,
    sequence: 1,
    profile,
    search: { email: 'ada@example.com', username: 'ada' },
  });
});

test('a slice is stored, except profiles that other instances have already advanced further', async () => {
  const { connection } = await database.empty();
  const profiles = createMongoProfiles(connection);
  const [ada, bob, carol] = ['ada', 'bob', 'carol'].map((name) => createTestProfile(name, { sequence: 2 }));
  assert.ok(ada && bob && carol);
  const ahead = { ...bob, sequence: 3 };
  await profiles.save([toStoredAccount(ahead)]);
  await profiles.save([ada, bob, carol].map(toStoredAccount));
  const stored = await profiles.load([ada, bob, carol].map(({ id }) => id));
  assert.deepEqual(
    [ada, bob, carol].map(({ id }) => stored.get(id)?.profile),
    [ada, ahead, carol],
  );
});

test('a store that is down is distinguished from a fault', async () => {
  const { connection, close } = await database.another();
  const profiles = createMongoProfiles(connection);
  await close();
  const profile = createTestProfile('ada');
  await assert.rejects(profiles.load(['a']), StoreUnavailable);
  await assert.rejects(profiles.save([toStoredAccount(profile)]), StoreUnavailable);
  assert.throws(() => createMongoProfiles(connection, 'v1; drop'), /may contain only letters/);
});
