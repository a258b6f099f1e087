import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMongoStorePreparation, type MongoSchema } from './schema.ts';
import { createTestDatabase } from './testing.ts';

const database = createTestDatabase('schema', []);

const byName = { collection: 'notes', name: 'name', keys: { name: 1 } } as const;
const first: MongoSchema = { owner: 'notes', migrations: [], indexes: async () => [byName] };
const second: MongoSchema = {
  ...first,
  migrations: [
    async (connection) => {
      await connection.collection('notes').updateMany({}, { $set: { author: 'nobody' } });
    },
  ],
};

async function emptyDatabase() {
  const { connection } = await database.another();
  await connection.dropDatabase();
  async function prepare(schema: MongoSchema) {
    const done: string[] = [];
    for (const { name, prepare } of await createMongoStorePreparation(connection, schema).requirements())
      done.push(`${name} ${await prepare()}`);
    return done;
  }
  return {
    notes: connection.collection('notes'),
    prepare,
    check: (schema: MongoSchema) => createMongoStorePreparation(connection, schema).check(),
  };
}

describe('a schema in MongoDB', () => {
  test('is prepared once, with its version and its indexes', async () => {
    const { prepare, check } = await emptyDatabase();
    assert.deepEqual(await prepare(first), ['schema_versions.notes created', 'notes.name created']);
    assert.deepEqual(await prepare(first), ['schema_versions.notes unchanged', 'notes.name unchanged']);
    await check(first);
  });

  test('of release 0.1 has no recorded version, and is accepted as version 1', async () => {
    const { notes, prepare, check } = await emptyDatabase();
    await notes.createIndex({ name: 1 }, { name: 'name' });
    await check(first);
    await notes.insertOne({ name: 'ada' });
    await assert.rejects(check(second), {
      name: 'SchemaError',
      message: 'MONGO_URL: MongoDB has schema version 1 of notes, not 2. Run: npm run ops -- indexes',
    });
    await prepare(second);
    await check(second);
    assert.equal((await notes.findOne({}))?.['author'], 'nobody');
  });

  test('of a newer build is refused, even if it is to be prepared', async () => {
    const { prepare, check } = await emptyDatabase();
    await prepare(second);
    const newer = {
      name: 'SchemaError',
      message: /written by a newer version .* has version 2, but this version of Latchkey supports only 1/,
    };
    await assert.rejects(check(first), newer);
    await assert.rejects(prepare(first), newer);
  });
});
