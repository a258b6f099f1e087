/**
 * Test databases on the server of MONGO_URL, and a proxy in front of that server whose connections can be
 * cut.
 */
import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { ensureIndexes, type MongoIndex } from './indexes.ts';
import { type MongoStore, openMongo } from './open.ts';

export { createMongoProxy, type MongoProxy } from './mongo-proxy.fixture.ts';

export interface TestDatabase {
  /** Deletes all documents, but keeps the indexes. Returns the test file's own connection to the database. */
  empty(): Promise<MongoStore>;
  /**
   * Opens another connection to the same database.
   * @param option an option to add to the URL
   */
  another(option?: string): Promise<MongoStore>;
}

/** Returns MONGO_URL. @throws Error if it is not set */
export function requireTestMongoUrl(): string {
  const url = process.env['MONGO_URL'];
  if (url) return url;
  throw new Error('MONGO_URL is not set: these tests need a MongoDB, such as mongodb://127.0.0.1:27017');
}

/** Creates a database for one test file. It is dropped after the tests. */
export function createTestDatabase(suite: string, indexes: readonly MongoIndex[]): TestDatabase {
  const url = requireTestMongoUrl();
  const database = `latchkey_test_${suite}_${randomBytes(4).toString('hex')}`;
  const opened: MongoStore[] = [];

  async function another(option?: string): Promise<MongoStore> {
    // Longer than the limits of a service: on a busy machine, a command can be slow, and so can opening many
    // connections at the same time.
    const limits = { answersWithinMs: 60_000, availableWithinMs: 60_000 };
    const mongo = openMongo({ url: withOption(url, option), database, ...limits });
    opened.push(mongo);
    await mongo.reached;
    return mongo;
  }

  let first: Promise<MongoStore> | undefined;
  async function prepare(): Promise<MongoStore> {
    const mongo = await another();
    await ensureIndexes(mongo.connection, indexes);
    return mongo;
  }

  after(async () => {
    await opened[0]?.connection.dropDatabase();
    for (const mongo of opened) await mongo.close();
  });

  return {
    another,
    async empty() {
      first ??= prepare();
      const mongo = await first;
      const collections = (await mongo.connection.db?.collections()) ?? [];
      for (const collection of collections) await collection.deleteMany({});
      return mongo;
    },
  };
}

function withOption(url: string, option: string | undefined): string {
  if (option === undefined) return url;
  const [address = '', options] = url.split('?');
  const path = /\/\/[^/]+\//.test(address) ? address : `${address}/`;
  return `${path}?${options === undefined ? option : `${options}&${option}`}`;
}
