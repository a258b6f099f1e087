import assert from 'node:assert/strict';
import { createServer } from 'node:net';
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
        name: 'StoreRefused',
        message: 'MONGO_URL is not a usable MongoDB connection string.',
      });
      await mongo.close();
    });
  }

  test('waits for a server that is away, and ends when it is closed', async () => {
    const mongo = openMongo({ url: `mongodb://127.0.0.1:${await unusedPort()}` });
    await assert.rejects(mongo.health(), { name: 'StoreUnavailable' });
    const closed = mongo.close();
    await assert.rejects(mongo.reached, { name: 'MongoFailure', message: /ECONNREFUSED/ });
    await closed;
    await mongo.close();
  });
});

function unusedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
