import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openMongo } from './open.ts';

describe('opening MongoDB', () => {
  for (const url of [
    'no url',
    'postgres://ada:s3cret@db',
    'mongodb://ada:s3cret@',
    'mongodb://ada:s3cret@db:port/',
    'mongodb://db/?tls=perhaps',
    'mongodb://db/?noSuchOption=s3cret',
  ]) {
    test(`refuses ${url.replace('s3cret', '…')} in one line that does not quote it`, async () => {
      const mongo = openMongo({ url });
      await assert.rejects(mongo.reached, {
        name: 'StoreMisconfigured',
        message: 'MONGO_URL is not a usable MongoDB connection string.',
      });
      await mongo.close();
    });
  }

  test('waits for a server that is away, and ends when it is closed', async () => {
    // Nothing listens on port 1. A port that was free a moment ago would not do, because another process may get it.
    const mongo = openMongo({ url: 'mongodb://127.0.0.1:1' });
    await assert.rejects(mongo.health(), { name: 'StoreUnavailable' });
    const closed = mongo.close();
    await assert.rejects(mongo.reached, { name: 'MongoFailure', message: /ECONNREFUSED/ });
    await closed;
    await mongo.close();
  });
});
