import { type MongoStore, prepareMongo } from '@latchkey/mongo';
import { nameOf } from '../../generation/pointer.ts';
import type { UserStorage } from '../../ports/storage.ts';
import { byGeneration } from '../by-generation.ts';
import { createMongoGenerations } from './generations.ts';
import { createMongoProfiles } from './profiles.ts';
import { profileIndexes } from './schema.ts';

export function openMongoStorage({ connection }: Pick<MongoStore, 'connection'>): UserStorage {
  const generations = createMongoGenerations(connection);

  /** Each generation has a collection of its own, with its own indexes. */
  async function indexes() {
    const { running } = await generations.read();
    return running.flatMap((generation) => profileIndexes(nameOf(generation)));
  }

  return {
    ...prepareMongo(connection, { owner: 'user', migrations: [], indexes }),
    blocksOnWrite: false,
    generations,
    profilesOf: byGeneration((name) => createMongoProfiles(connection, name)),
  };
}
