import {
  createStrictMongooseSchema,
  getCollectionModel,
  mapMongoErrors,
  retryOnConcurrentWrite,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import { type KnownSignInSourceStore, MAX_KNOWN_SIGN_IN_SOURCES } from '../../ports/known-sources.ts';

const KNOWN_SOURCES = 'auth_known_sources';

interface KnownSourcesDocument {
  /** The id of the account whose devices and networks are stored. */
  readonly _id: string;
  /** The digests of the account's sources (devices and networks), oldest first. */
  readonly sources: readonly string[];
}

function schema() {
  return createStrictMongooseSchema<KnownSourcesDocument>({
    _id: { type: String, required: true },
    sources: { type: [String], required: true },
  });
}

/**
 * Stores in MongoDB the sources (devices and networks) of each account's sign-ins, with one document per
 * account.
 */
export function createMongoKnownSources(connection: Connection): KnownSignInSourceStore {
  const known = getCollectionModel(connection, KNOWN_SOURCES, schema);

  return mapMongoErrors<KnownSignInSourceStore>({
    async remember(userId, sources) {
      const key = { _id: userId };
      const union = { $addToSet: { sources: { $each: [...sources] } } };
      const before = await retryOnConcurrentWrite(() =>
        known.findOneAndUpdate(key, union, { upsert: true, returnDocument: 'before' }).lean(),
      );
      if (before === null) return undefined;
      const added = sources.filter((source) => !before.sources.includes(source));
      if (before.sources.length + added.length > MAX_KNOWN_SIGN_IN_SOURCES)
        await known.updateOne(key, { $push: { sources: { $each: [], $slice: -MAX_KNOWN_SIGN_IN_SOURCES } } });
      return added;
    },
  });
}
