/**
 * The schema of one service in MongoDB: its indexes, and the recorded version of its documents. `npm run ops
 * -- indexes` prepares the indexes and the version; a service only checks them when it starts. See ADR 23.
 */
import { SchemaError, type StorageRequirement, type StorePreparation } from '@latchkey/store';
import type { Connection } from 'mongoose';
import { mapMongoErrors, retryOnConcurrentWrite } from './failures.ts';
import { ensureIndexes, findIndexFaults, findMissingIndexes, type MongoIndex } from './indexes.ts';

/**
 * Converts the documents from one version to the next. A crash may interrupt a migration. It must therefore
 * be safe to run the migration again.
 */
export type MongoMigration = (connection: Connection) => Promise<void>;

export interface MongoSchema {
  /** The name of the service. Must never change. */
  readonly owner: string;
  /**
   * The migrations, in order. The first one converts version 1, the documents of release 0.1, to version 2,
   * and so on. Never edit, move or remove a released migration: append another one.
   */
  readonly migrations: readonly MongoMigration[];
  /** Returns the required indexes, which may depend on the stored data. */
  indexes(): Promise<readonly MongoIndex[]>;
}

const COLLECTION = 'schema_versions';
const FIRST_VERSION = 1;
const PREPARE = 'npm run ops -- indexes';

export function createMongoStorePreparation(connection: Connection, schema: MongoSchema): StorePreparation {
  const { owner, migrations } = schema;
  const versions = connection.collection<{ _id: string; version: number }>(COLLECTION);
  const needed = FIRST_VERSION + migrations.length;

  /** Returns the recorded version; undefined for a new database and for a database of release 0.1. */
  async function recorded(): Promise<number | undefined> {
    await connection.asPromise();
    const document = await versions.findOne({ _id: owner });
    if (document !== null && document.version > needed) {
      throw new SchemaError(
        `MONGO_URL: the data of ${owner} was written by a newer version of Latchkey: its schema has version ${document.version}, but this version of Latchkey supports only ${needed}. Use the newer version.`,
      );
    }
    return document?.version;
  }

  async function prepareVersion(): ReturnType<StorageRequirement['prepare']> {
    const from = await recorded();
    if (from === needed) return 'unchanged';
    for (const migration of migrations.slice((from ?? FIRST_VERSION) - FIRST_VERSION))
      await migration(connection);
    await retryOnConcurrentWrite(() =>
      versions.updateOne({ _id: owner }, { $max: { version: needed } }, { upsert: true }),
    );
    return 'created';
  }

  async function prepareIndex(index: MongoIndex): ReturnType<StorageRequirement['prepare']> {
    const [missing] = await findMissingIndexes(connection, [index]);
    await ensureIndexes(connection, [index]);
    return missing === undefined ? 'unchanged' : 'created';
  }

  return mapMongoErrors<StorePreparation>({
    requirements: async () => [
      requirement(`${COLLECTION}.${owner}`, prepareVersion),
      ...(await schema.indexes()).map((index) =>
        requirement(`${index.collection}.${index.name}`, () => prepareIndex(index)),
      ),
    ],
    async check() {
      const version = (await recorded()) ?? FIRST_VERSION;
      const faults = await findIndexFaults(connection, await schema.indexes());
      if (version < needed) faults.push(`has schema version ${version} of ${owner}, not ${needed}`);
      if (faults.length > 0)
        throw new SchemaError(`MONGO_URL: MongoDB ${faults.join(', ')}. Run: ${PREPARE}`);
    },
  });
}

function requirement(name: string, prepare: StorageRequirement['prepare']): StorageRequirement {
  return { name, ...mapMongoErrors({ prepare }) };
}
