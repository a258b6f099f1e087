import { type MongoStore, prepareMongo } from '@latchkey/mongo';
import { generationName } from '../../generation/pointer.ts';
import type { UserStorage } from '../../ports/storage.ts';
import { profilesByGeneration } from '../by-generation.ts';
import { createMongoGenerations } from './generations.ts';
import { createMongoProfiles } from './profiles.ts';
import { profileIndexes } from './schema.ts';

export function openMongoStorage({ connection }: Pick<MongoStore, 'connection'>): UserStorage {
  const generations = createMongoGenerations(connection);

  /** Returns the indexes of the collections of all generations that are being filled. */
  async function indexes() {
    const { running } = await generations.read();
    return running.flatMap((generation) => profileIndexes(generationName(generation)));
  }

  return {
    ...prepareMongo(connection, { owner: 'user', migrations: [], indexes }),
    blocksOnWrite: false,
    generations,
    profilesOf: profilesByGeneration((name) => createMongoProfiles(connection, name)),
  };
}
