import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkIndexes, ensureIndexes, type Index } from './indexes.ts';
import { testDatabase } from './testing.ts';

const database = testDatabase('indexes', []);
const make = 'npm run ops -- indexes';

const byName: Index = { collection: 'notes', name: 'name', keys: { name: 1 }, unique: true, sparse: true };
const byTime: Index = { collection: 'notes', name: 'time', keys: { at: -1, name: 1 } };
const ofOthers: Index = { collection: 'others', name: 'name', keys: { name: 1 } };

describe('indexes', () => {
  test('that are missing are named, with what makes them', async () => {
    const { connection } = await database.another();
    await connection.dropDatabase();
    await ensureIndexes(connection, [byName]);
    await assert.rejects(checkIndexes(connection, [byName, byTime, ofOthers], make), {
      name: 'IndexError',
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
    await checkIndexes(connection, [byName, byTime], make);
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
      await assert.rejects(checkIndexes(connection, [byTime], make), {
        name: 'IndexError',
        message: /has another index time on collection notes/,
      });
    });
  }

  test('cannot be unique over duplicates', async () => {
    const { connection } = await database.another();
    await connection.dropDatabase();
    await connection.collection('notes').insertMany([{ name: 'lovelace' }, { name: 'lovelace' }]);
    await assert.rejects(ensureIndexes(connection, [byName]), (error: Error) => {
      assert.equal(error.name, 'IndexError');
      assert.doesNotMatch(error.message, /lovelace/);
      return true;
    });
  });
});
