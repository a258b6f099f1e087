import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Connection } from 'mongoose';
import { ensureIndexes, type MongoIndex } from './indexes.ts';
import { createMongoStorePreparation } from './schema.ts';
import { createTestDatabase } from './testing.ts';

const database = createTestDatabase('indexes', []);

const byName: MongoIndex = {
  collection: 'notes',
  name: 'name',
  keys: { name: 1 },
  unique: true,
  sparse: true,
};
const byTime: MongoIndex = { collection: 'notes', name: 'time', keys: { at: -1, name: 1 } };
const ofOthers: MongoIndex = { collection: 'others', name: 'name', keys: { name: 1 } };

function check(connection: Connection, indexes: readonly MongoIndex[]): Promise<void> {
  return createMongoStorePreparation(connection, {
    owner: 'notes',
    migrations: [],
    indexes: async () => indexes,
  }).check();
}

describe('indexes', () => {
  test('that are missing are named, with what makes them', async () => {
    const { connection } = await database.another();
    await connection.dropDatabase();
    await ensureIndexes(connection, [byName]);
    await assert.rejects(check(connection, [byName, byTime, ofOthers]), {
      name: 'SchemaError',
      message:
        'MONGO_URL: MongoDB lacks index time on collection notes, lacks index name on collection others. ' +
        'Run: npm run ops -- indexes',
    });
  });

  test('are made once, however often that is asked for', async () => {
    const { connection } = await database.another();
    await connection.dropDatabase();
    await ensureIndexes(connection, [byName, byTime]);
    await ensureIndexes(connection, [byName, byTime]);
    await check(connection, [byName, byTime]);
    const names = (await connection.collection('notes').indexes()).map(({ name }) => name);
    assert.deepEqual(names.toSorted(), ['_id_', 'name', 'time']);
  });

  for (const [difference, index] of [
    ['keys', { ...byTime, keys: { at: 1, name: 1 } }],
    ['order', { ...byTime, keys: { name: 1, at: -1 } }],
    ['uniqueness', { ...byTime, unique: true }],
    ['sparseness', { ...byTime, sparse: true }],
  ] as const) {
    test(`of another ${difference} do not pass`, async () => {
      const { connection } = await database.another();
      await connection.dropDatabase();
      await ensureIndexes(connection, [index]);
      await assert.rejects(check(connection, [byTime]), {
        name: 'SchemaError',
        message: /has an index time on collection notes that differs from the required index/,
      });
    });
  }

  test('cannot be unique over duplicates', async () => {
    const { connection } = await database.another();
    await connection.dropDatabase();
    await connection.collection('notes').insertMany([{ name: 'lovelace' }, { name: 'lovelace' }]);
    await assert.rejects(ensureIndexes(connection, [byName]), (error: Error) => {
      assert.equal(error.name, 'SchemaError');
      assert.doesNotMatch(error.message, /lovelace/);
      return true;
    });
  });
});
