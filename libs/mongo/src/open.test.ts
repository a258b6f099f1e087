import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openMongo } from './open.ts';

describe('opening MongoDB', () => {
  const encode =
    ': percent-encode special characters in the user name and the password, for example @ as %40';
  const unknownOption = ': it has an option that the MongoDB driver does not know';
  for (const [url, hint] of [
    ['no url', ''],
    ['postgres://ada:s3cret@db', ''],
    ['mongodb://ada:s3cret@', ''],
    ['mongodb://ada:s3cret@db:port/', ''],
    ['mongodb://db/?tls=perhaps', ''],
    ['mongodb://ada:s3@cret@db', encode],
    ['mongodb://ada:s3/cret@db', encode],
    ['mongodb://ada:s3%cret@db', encode],
    ['mongodb://db/?noSuchOption=s3cret', unknownOption],
    ['mongodb://db/?noSuchOption=s3cret&other=1', unknownOption],
  ] as const) {
    test(`refuses ${url.replace('s3cret', '…')} in one line that does not quote it`, async () => {
      const mongo = openMongo({ url });
      await assert.rejects(mongo.reached, {
        name: 'StoreMisconfigured',
        message: `MONGO_URL is not a usable MongoDB connection string${hint}.`,
      });
      await mongo.close();
    });
  }

  test('waits for a server that is down, and ends when it is closed', async () => {
    // Nothing listens on port 1. A free port would not do, because another process could take it during the
    // test.
    const mongo = openMongo({ url: 'mongodb://127.0.0.1:1' });
    await assert.rejects(mongo.health(), { name: 'StoreUnavailable' });
    const closed = mongo.close();
    await assert.rejects(mongo.reached, { name: 'MongoFailure', message: /ECONNREFUSED/ });
    await closed;
    await mongo.close();
  });
});
