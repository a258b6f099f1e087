import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openStoreContract } from '@latchkey/store/testing/open-store';
import { createMongoProxy, type MongoProxy } from './mongo-proxy.fixture.ts';
import { type MongoStore, openMongo } from './open.ts';
import { createTestDatabase, requireTestMongoUrl } from './testing.ts';

const database = createTestDatabase('open', []);

async function withMongoProxy(play: (mongo: MongoStore, proxy: MongoProxy) => Promise<void>): Promise<void> {
  const proxy = await createMongoProxy(requireTestMongoUrl());
  const mongo = openMongo({ url: proxy.url, database: 'latchkey_test_cable' });
  try {
    await play(mongo, proxy);
    // Drop the database even if the test has written nothing, because some servers create a database when it
    // is read.
    await mongo.connection.dropDatabase();
  } finally {
    await mongo.close();
    proxy.cut();
  }
}

function read(mongo: MongoStore) {
  return mongo.connection.collection('notes').findOne({});
}

/** Resolves once the MongoDB server responds. */
async function answering(mongo: MongoStore): Promise<void> {
  function answers() {
    return mongo.health().then(
      () => true,
      () => false,
    );
  }
  while (!(await answers())) await wait(50);
}

describe('a MongoDB', () => {
  openStoreContract(async () => {
    const store = await database.empty();
    return {
      store,
      async insert(place, notes) {
        await store.connection.collection(place).insertMany(notes.map((note) => ({ note })));
      },
    };
  });

  test('is reached as soon as it is there', () =>
    withMongoProxy(async (mongo, proxy) => {
      await assert.rejects(mongo.health(), { name: 'StoreUnavailable' });
      proxy.mend();
      await mongo.reached;
      await mongo.health();
      assert.equal(await read(mongo), null);
    }));

  test('that goes down fails requests, and is used again once it is back', () =>
    withMongoProxy(async (mongo, proxy) => {
      proxy.mend();
      await mongo.reached;
      proxy.cut();
      await assert.rejects(read(mongo));
      await assert.rejects(mongo.health(), { name: 'StoreUnavailable' });
      proxy.mend();
      await answering(mongo);
      assert.equal(await read(mongo), null);
    }));

  test('acknowledges what a majority has in its journals, whatever the URL says', async () => {
    await database.empty();
    const url = new URL(requireTestMongoUrl());
    url.searchParams.set('w', '0');
    url.searchParams.set('readPreference', 'secondary');
    const mongo = openMongo({ url: String(url), database: 'latchkey_test_open' });
    await mongo.reached;
    const { w, journal } = mongo.connection.getClient().writeConcern ?? {};
    assert.deepEqual({ w, journal }, { w: 'majority', journal: true });
    assert.equal(mongo.connection.getClient().readPreference.mode, 'primary');
    await mongo.close();
  });

  test('does not answer once it was closed', async () => {
    const mongo = await database.another();
    await mongo.close();
    await mongo.close();
    await assert.rejects(mongo.health(), { name: 'StoreUnavailable' });
  });
});
