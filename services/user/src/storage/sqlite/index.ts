import type { SqliteStore } from '@latchkey/sqlite';
import { noStorePreparation } from '@latchkey/store';
import type { UserStorage } from '../../ports/storage.ts';
import { cacheProfilesByGeneration } from '../by-generation.ts';
import { createSqliteGenerations } from './generations.ts';
import { userSqliteSchema } from './migrations.ts';
import { createSqliteProfiles } from './profiles.ts';

/**
 * Opens the user service's storage in the embedded store. @throws DataFolderError if the tables cannot be migrated
 */
export function openSqliteUserStorage({ database }: Pick<SqliteStore, 'database'>): UserStorage {
  database.migrate(userSqliteSchema);
  return {
    ...noStorePreparation,
    blocksOnWrite: true,
    generations: createSqliteGenerations(database),
    profilesOf: cacheProfilesByGeneration((name) => createSqliteProfiles(database, name)),
  };
}
