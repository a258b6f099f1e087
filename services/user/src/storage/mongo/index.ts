import { createMongoStorePreparation, type MongoStore } from '@latchkey/mongo';
import { getGenerationNameSuffix } from '../../generation/pointer.ts';
import type { UserStorage } from '../../ports/storage.ts';
import { cacheProfilesByGeneration } from '../by-generation.ts';
import { createMongoGenerations } from './generations.ts';
import { createMongoProfiles } from './profiles.ts';
import { listProfileIndexes } from './schema.ts';

export function openMongoUserStorage({ connection }: Pick<MongoStore, 'connection'>): UserStorage {
  const generations = createMongoGenerations(connection);

  /** Returns the MongoDB indexes of the collections of all generations that are being filled. */
  async function indexes() {
    const { running } = await generations.read();
    return running.flatMap((generation) => listProfileIndexes(getGenerationNameSuffix(generation)));
  }

  return {
    ...createMongoStorePreparation(connection, { owner: 'user', migrations: [], indexes }),
    blocksOnWrite: false,
    generations,
    profilesOf: cacheProfilesByGeneration((name) => createMongoProfiles(connection, name)),
  };
}
