import { createSqliteKeyFingerprintStore, type SqliteStore } from '@latchkey/sqlite';
import { noStorePreparation } from '@latchkey/store';
import type { NotifierStorage } from '../../ports/storage.ts';
import { createSqliteDeliveries } from './deliveries.ts';
import { KEY_FINGERPRINTS_TABLE, notifierSchema } from './migrations.ts';
import { createSqliteMoveSource } from './moving.ts';
import { createSqliteSuppressions } from './suppressions.ts';

/** Opens the notifier's part of the embedded store. @throws DataFolderError if the tables cannot be migrated */
export function openSqliteNotifierStorage({ database }: Pick<SqliteStore, 'database'>): NotifierStorage {
  database.migrate(notifierSchema);
  const deliveries = createSqliteDeliveries(database);
  return {
    ...noStorePreparation,
    deliveries,
    suppressions: createSqliteSuppressions(database),
    keyFingerprints: createSqliteKeyFingerprintStore(database, KEY_FINGERPRINTS_TABLE),
    reclaim: deliveries.reclaim,
    source: createSqliteMoveSource(database),
  };
}
