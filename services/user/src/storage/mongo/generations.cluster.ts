import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { StoreUnavailable } from '@latchkey/store';
import {
  activateGeneration,
  addGeneration,
  getGenerationNameSuffix,
  initialGenerationPointer,
  stopInactiveGenerations,
} from '../../generation/pointer.ts';
import { defineGenerationsContractTests } from '../../ports/generations.contract.ts';
import { createMongoGenerations } from './generations.ts';
import { openMongoUserStorage } from './index.ts';
import { createMongoProfiles } from './profiles.ts';
import { listProfileIndexes } from './schema.ts';

const database = createTestDatabase('generations', listProfileIndexes(), [
  { query: /^delete user_profiles_v\d+ \{ {2}\}$/, because: 'all documents of a generation are deleted' },
]);

/** Deletes all documents of the database, and removes the collections of all generations. */
async function emptied() {
  const { connection } = await database.empty();
  const generations = createMongoGenerations(connection);
  for (const generation of await generations.stored()) await generations.remove(generation);
  return { connection, generations };
}

defineGenerationsContractTests('mongo', async () => {
  const { connection, generations } = await emptied();
  const other = await database.another();
  return {
    generations,
    others: createMongoGenerations(other.connection),
    profilesOf: (generation) => createMongoProfiles(connection, getGenerationNameSuffix(generation)),
  };
});

test('the indexes of every generation that is filled are required, and created with its place', async () => {
  const { connection, generations } = await emptied();
  const storage = openMongoUserStorage({ connection });
  async function required() {
    const [version, ...indexes] = (await storage.requirements()).map(({ name }) => name);
    assert.equal(version, 'schema_versions.user');
    return indexes;
  }
  function namesOf(...names: readonly string[]) {
    return names.flatMap(listProfileIndexes).map(({ collection, name }) => `${collection}.${name}`);
  }
  await generations.prepare(1);
  assert.deepEqual(await required(), namesOf('v1'));
  const second = addGeneration(initialGenerationPointer);
  await generations.prepare(second.last);
  await generations.replace(second);
  assert.deepEqual(await required(), namesOf('v1', 'v2'));
  await storage.check();

  const flipped = activateGeneration(second, 2, new Date());
  await generations.replace(flipped);
  await generations.replace(stopInactiveGenerations(flipped));
  assert.deepEqual(await required(), namesOf('v2'));
});

test('a store that is down is distinguished from a fault', async () => {
  const { connection, close } = await database.another();
  const generations = createMongoGenerations(connection);
  await close();
  await assert.rejects(generations.read(), StoreUnavailable);
  await assert.rejects(generations.replace(addGeneration(initialGenerationPointer)), StoreUnavailable);
  await assert.rejects(generations.prepare(2), StoreUnavailable);
  await assert.rejects(generations.stored(), StoreUnavailable);
});
