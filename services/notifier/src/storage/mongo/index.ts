import {
  createMongoKeyFingerprintStore,
  createMongoStorePreparation,
  type MongoStore,
} from '@latchkey/mongo';
import type { NotifierStorage } from '../../ports/storage.ts';
import { createMongoDeliveries } from './deliveries.ts';
import { createMongoMoveTarget } from './moving.ts';
import { KEY_FINGERPRINTS_COLLECTION, notifierIndexes } from './schema.ts';
import { createMongoSuppressions } from './suppressions.ts';

export function openMongoNotifierStorage({ connection }: Pick<MongoStore, 'connection'>): NotifierStorage {
  const schema = { owner: 'notifier', migrations: [], indexes: async () => notifierIndexes };
  return {
    ...createMongoStorePreparation(connection, schema),
    deliveries: createMongoDeliveries(connection),
    suppressions: createMongoSuppressions(connection),
    keyFingerprints: createMongoKeyFingerprintStore(connection, KEY_FINGERPRINTS_COLLECTION),
    reclaim: async () => undefined,
    target: createMongoMoveTarget(connection),
  };
}
