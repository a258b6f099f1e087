import {
  createStrictMongooseSchema,
  getCollectionModel,
  type MongoIndex,
  mapMongoErrors,
  retryOnConcurrentWrite,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { IdempotencyKeyStore } from '../../ports/idempotency-keys.ts';

const IDEMPOTENCY_KEYS = 'auth_idempotency_keys';

interface KeyDocument {
  readonly _id: string;
  readonly digest: string;
  readonly until: Date;
}

function schema() {
  return createStrictMongooseSchema<KeyDocument>({
    _id: { type: String, required: true },
    digest: { type: String, required: true },
    until: { type: Date, required: true },
  });
}

export const idempotencyKeyIndexes: readonly MongoIndex[] = [
  { collection: IDEMPOTENCY_KEYS, name: 'expiry', keys: { until: 1 } },
];

/** Idempotency keys in MongoDB, shared by all instances. */
export function createMongoIdempotencyKeys(connection: Connection): IdempotencyKeyStore {
  const keys = getCollectionModel(connection, IDEMPOTENCY_KEYS, schema);

  return mapMongoErrors<IdempotencyKeyStore>({
    async bind({ id, digest, now, until }) {
      const bound = await retryOnConcurrentWrite(async () => {
        await keys.updateOne({ _id: id, until: { $lte: now } }, { $set: { digest, until } });
        return keys
          .findOneAndUpdate(
            { _id: id },
            { $setOnInsert: { digest, until } },
            { upsert: true, returnDocument: 'after' },
          )
          .lean();
      });
      return bound?.digest === digest;
    },

    async removeExpired(now) {
      await keys.deleteMany({ until: { $lte: now } });
    },
  });
}
