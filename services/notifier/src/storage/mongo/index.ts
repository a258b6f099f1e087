import { createMongoKeyFingerprints, type MongoStore, prepareMongo } from '@latchkey/mongo';
import type { NotifierStorage } from '../../ports/storage.ts';
import { createMongoDeliveries } from './deliveries.ts';
import { createMongoTarget } from './moving.ts';
import { deliveryIndexes, KEYS_COLLECTION } from './schema.ts';
import { createMongoSuppressions } from './suppressions.ts';

export function openMongoStorage({ connection }: Pick<MongoStore, 'connection'>): NotifierStorage {
  const schema = { owner: 'notifier', migrations: [], indexes: async () => deliveryIndexes };
  return {
    ...prepareMongo(connection, schema),
    deliveries: createMongoDeliveries(connection),
    suppressions: createMongoSuppressions(connection),
    keyFingerprints: createMongoKeyFingerprints(connection, KEYS_COLLECTION),
    reclaim: async () => undefined,
    target: createMongoTarget(connection),
  };
}
