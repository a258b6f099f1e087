/** Databases for tests, on the server that MONGO_URL names, and a way to it that can be cut. */
import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { ensureIndexes, type Index } from './indexes.ts';
import { type Mongo, openMongo } from './open.ts';

export { type Cable, cableTo } from './cable.fixture.ts';

export interface TestDatabase {
  /** The one connection of this file, to a database that is empty but for its indexes. */
  empty(): Promise<Mongo>;
  /** Another connection to the same database, with an option more in its URL. */
  another(option?: string): Promise<Mongo>;
}

/** The server to test against. @throws Error if it is not set */
export function mongoUrl(): string {
  const url = process.env['MONGO_URL'];
  if (url) return url;
  throw new Error('MONGO_URL is not set: these tests need a MongoDB, such as mongodb://127.0.0.1:27017');
}

/** A database of its own for a test file, dropped when its tests have ended. */
export function testDatabase(suite: string, indexes: readonly Index[]): TestDatabase {
  const url = mongoUrl();
  const database = `latchkey_test_${suite}_${randomBytes(4).toString('hex')}`;
  const opened: Mongo[] = [];

  async function another(option?: string): Promise<Mongo> {
    const mongo = openMongo({ url: withOption(url, option), database });
    opened.push(mongo);
    await mongo.reached;
    return mongo;
  }

  let first: Promise<Mongo> | undefined;
  async function prepare(): Promise<Mongo> {
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
