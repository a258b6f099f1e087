import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { StoreUnavailable } from '@latchkey/store';
import { isConcurrentWriteError, MongoFailure, mapMongoErrors, retryOnConcurrentWrite } from './failures.ts';
import { createMongoProxy } from './mongo-proxy.fixture.ts';
import { openMongo } from './open.ts';
import { createTestDatabase, requireTestMongoUrl } from './testing.ts';

const byName = { collection: 'notes', name: 'name', keys: { name: 1 }, unique: true } as const;
const database = createTestDatabase('failures', [byName]);

async function notes() {
  return (await database.empty()).connection.collection<{ name: string; _id?: string }>('notes');
}

/** Returns the error that a promise rejects with. */
function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail('nothing failed'),
    (error: unknown) => error,
  );
}

describe('a write', () => {
  test('that comes second to a unique key has lost a race', async () => {
    const collection = await notes();
    await collection.insertOne({ name: 'ada' });
    assert.equal(isConcurrentWriteError(await errorOf(collection.insertOne({ name: 'ada' }))), true);
  });

  test('of a bulk has lost a race, and the others are stored', async () => {
    const collection = await notes();
    await collection.insertOne({ name: 'ada' });
    const bulk = collection.insertMany([{ name: 'ada' }, { name: 'bob' }], { ordered: false });
    assert.equal(isConcurrentWriteError(await errorOf(bulk)), true);
    assert.equal(await collection.countDocuments(), 2);
  });

  test('of a bulk that nobody answers has not lost a race', async () => {
    const proxy = await createMongoProxy(requireTestMongoUrl());
    proxy.mend();
    const mongo = openMongo({ url: proxy.url, database: 'latchkey_test_cut_off' });
    await mongo.reached;
    proxy.cut();
    const bulk = mongo.connection
      .collection('notes')
      .bulkWrite([{ insertOne: { document: { name: 'ada' } } }], { ordered: false });
    assert.equal(isConcurrentWriteError(await errorOf(bulk)), false);
    await mongo.close();
  });

  test('that is wrong has not lost a race, alone or in a bulk', async () => {
    const collection = await notes();
    await collection.insertOne({ name: 'ada' });
    const wrong = { filter: { name: 'ada' }, update: { $inc: { name: 1 } } };
    assert.equal(
      isConcurrentWriteError(await errorOf(collection.updateOne(wrong.filter, wrong.update as object))),
      false,
    );
    const bulk = collection.bulkWrite(
      [
        { insertOne: { document: { name: 'ada' } } },
        { updateOne: { ...wrong, update: wrong.update as object } },
      ],
      { ordered: false },
    );
    assert.equal(isConcurrentWriteError(await errorOf(bulk)), false);
  });

  test('that lost a race is made again, and given up after a few times', async () => {
    const collection = await notes();
    await collection.insertOne({ name: 'ada' });
    let tries = 0;
    const names = ['ada', 'ada', 'bob'];
    await retryOnConcurrentWrite(() => collection.insertOne({ name: names[tries++] ?? '' }));
    assert.equal(tries, 3);
    assert.equal(
      isConcurrentWriteError(
        await errorOf(retryOnConcurrentWrite(() => collection.insertOne({ name: 'ada' }))),
      ),
      true,
    );
  });
});

describe('a failure', () => {
  test('does not quote what was stored', async () => {
    const collection = await notes();
    await collection.insertOne({ name: 'lovelace' });
    const port = mapMongoErrors({ add: () => collection.insertOne({ name: 'lovelace' }) });
    const error = await errorOf(port.add());
    assert.ok(error instanceof StoreUnavailable && error.cause instanceof MongoFailure);
    assert.match(error.cause.message, /11000/);
    assert.doesNotMatch(inspect(error), /lovelace/);
  });

  test('of our own is not blamed on MongoDB', async () => {
    const fault = new TypeError('of ours');
    const port = mapMongoErrors({ ask: () => Promise.reject(fault) });
    await assert.rejects(port.ask(), fault);
  });
});
