/** What user may stand on: the only place where its adapters are picked. */
import type { Bus } from '@latchkey/bus';
import type { ClusterBackend } from '@latchkey/cluster';
import type { Index } from '@latchkey/mongo';
import type { Database } from '@latchkey/sqlite';
import { createMongoGenerations } from './adapters/generations.mongo.ts';
import { createSqliteGenerations } from './adapters/generations.sqlite.ts';
import { profileIndexes } from './adapters/profiles.mongo.schema.ts';
import { createMongoProfiles } from './adapters/profiles.mongo.ts';
import { createSqliteProfiles } from './adapters/profiles.sqlite.ts';
import { nameOf } from './generation/pointer.ts';
import type { Generations } from './ports/generations.ts';
import type { Profiles } from './ports/profiles.ts';
import { profilesByGeneration } from './projection/active-profiles.ts';

/** Everything in one process, on one data folder. Bus and database belong to who hands them in. */
export interface EmbeddedBackend {
  readonly kind: 'embedded';
  readonly database: Database;
  readonly bus: Bus;
}

export type Backend = EmbeddedBackend | ClusterBackend;

/** What a backend keeps its data in. */
export type Store = Pick<EmbeddedBackend, 'database'> | Pick<ClusterBackend, 'connection'>;

export interface Stores {
  readonly generations: Generations;
  profilesOf(generation: number): Profiles;
}

export function storesOf(store: Store): Stores {
  return 'connection' in store ? inMongo(store) : inSqlite(store);
}

function inMongo({ connection }: Pick<ClusterBackend, 'connection'>): Stores {
  return {
    generations: createMongoGenerations(connection),
    profilesOf: profilesByGeneration((name) => createMongoProfiles(connection, name)),
  };
}

function inSqlite({ database }: Pick<EmbeddedBackend, 'database'>): Stores {
  return {
    generations: createSqliteGenerations(database),
    profilesOf: profilesByGeneration((name) => createSqliteProfiles(database, name)),
  };
}

/** What the read model in MongoDB is searched by: in each of its generations. @throws StoreUnavailable */
export async function userIndexes(connection: ClusterBackend['connection']): Promise<readonly Index[]> {
  const { running } = await createMongoGenerations(connection).read();
  return running.flatMap((generation) => profileIndexes(nameOf(generation)));
}
