/**
 * Creates test databases on the server of MONGO_URL, and proxies to this server whose connections a test can
 * cut.
 */
import { randomBytes } from 'node:crypto';
import { after, type SuiteContext, type TestContext } from 'node:test';
import { ensureIndexes, type MongoIndex } from './indexes.ts';
import { type MongoStore, openMongo } from './open.ts';
import { type AllowedQuery, createQueryCheck } from './query-check.fixture.ts';

export { createMongoProxy, type MongoProxy } from './mongo-proxy.fixture.ts';
export type { AllowedQuery } from './query-check.fixture.ts';

export interface TestDatabase {
  /** Deletes all documents, but keeps the indexes. Returns the test file's own connection to the database. */
  empty(): Promise<MongoStore>;
  /**
   * Opens another connection to the same database.
   * @param option an option to add to the URL
   */
  another(option?: string): Promise<MongoStore>;
}

/** The option with which the driver reports each command. */
const MONITORED = 'monitorCommands=true';

/** Returns MONGO_URL. @throws Error if MONGO_URL is not set */
export function requireTestMongoUrl(): string {
  const url = process.env['MONGO_URL'];
  if (url) return url;
  throw new Error('MONGO_URL is not set: these tests need a MongoDB, such as mongodb://127.0.0.1:27017');
}

/**
 * Creates a database for one test file, and drops it after the tests.
 * @param unindexed the queries that are allowed although they use no index. If this list is given, the test
 * file fails if any other query uses no index. Default: queries are not checked
 */
export function createTestDatabase(
  suite: string,
  indexes: readonly MongoIndex[],
  unindexed?: readonly AllowedQuery[],
): TestDatabase {
  const url = requireTestMongoUrl();
  const database = `latchkey_test_${suite}_${randomBytes(4).toString('hex')}`;
  const opened: MongoStore[] = [];
  const check = unindexed && createQueryCheck(indexes, unindexed);

  async function another(option?: string): Promise<MongoStore> {
    // These limits are longer than those of a service, because on a busy machine, a command can be slow, and
    // so can opening many connections at the same time.
    const limits = { answersWithinMs: 60_000, availableWithinMs: 60_000 };
    const options = new Set(check && [MONITORED]);
    if (option !== undefined) options.add(option);
    const mongo = openMongo({ url: withOptions(url, [...options]), database, ...limits });
    opened.push(mongo);
    await mongo.reached;
    check?.record(mongo.connection);
    return mongo;
  }

  let first: Promise<MongoStore> | undefined;
  async function prepare(): Promise<MongoStore> {
    const mongo = await another();
    await ensureIndexes(mongo.connection, indexes);
    return mongo;
  }

  async function deleteAll({ connection }: MongoStore): Promise<void> {
    const collections = (await connection.db?.collections()) ?? [];
    for (const collection of collections) await collection.deleteMany({});
  }

  async function assertIndexed(context: TestContext | SuiteContext): Promise<void> {
    if (check === undefined || first === undefined) return;
    const note = await check.assertIndexed((await first).connection);
    if (note !== undefined && 'diagnostic' in context) context.diagnostic(note);
  }

  after(async (context) => {
    try {
      await assertIndexed(context);
    } finally {
      await opened[0]?.connection.dropDatabase();
      for (const mongo of opened) await mongo.close();
    }
  });

  return {
    another,
    async empty() {
      first ??= prepare();
      const mongo = await first;
      await (check?.ignoring(() => deleteAll(mongo)) ?? deleteAll(mongo));
      return mongo;
    },
  };
}

function withOptions(url: string, options: readonly string[]): string {
  const [address = '', existing] = url.split('?');
  const path = /\/\/[^/]+\//.test(address) ? address : `${address}/`;
  const all = [...(existing === undefined ? [] : [existing]), ...options];
  return all.length === 0 ? url : `${path}?${all.join('&')}`;
}
