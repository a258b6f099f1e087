/** Limits shared by all instances: they hold across restarts. */
import { guardMongo, type Index, modelOf, plainSchema, repeatingLost } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import { RateLimiterMongo } from 'rate-limiter-flexible';
import type { LimitRules, Limits } from '../../ports/limits.ts';
import { counting, pairOf, TRUSTED_MS } from '../limits.ts';

const COUNTS = 'auth_limits';
const TRUSTED = 'auth_trusted';

/** A count as rate-limiter-flexible keeps it. */
interface CountDocument {
  /** The limit's name and what it counts under. */
  readonly key: string;
  readonly points: number;
  /** When its window ends. */
  readonly expire: Date;
}

interface TrustDocument {
  /** The pair. */
  readonly _id: string;
  readonly until: Date;
}

function trustSchema() {
  return plainSchema<TrustDocument>({ _id: { type: String, required: true }, until: Date });
}

export const limitIndexes: readonly Index[] = [
  { collection: COUNTS, name: 'key', keys: { key: 1 }, unique: true },
  { collection: COUNTS, name: 'expiry', keys: { expire: 1 } },
  { collection: TRUSTED, name: 'expiry', keys: { until: 1 } },
];

/** Windows go by the machine's clock (rate-limiter-flexible's), trust by the one given. */
export function createMongoLimits(
  rules: LimitRules,
  connection: Connection,
  { now }: { now(): Date },
): Limits {
  const counts = connection.collection<CountDocument>(COUNTS);
  const trusted = modelOf(connection, TRUSTED, trustSchema);

  return guardMongo<Limits>({
    ...counting(
      rules,
      (keyPrefix, { points, seconds }) =>
        new RateLimiterMongo({
          storeClient: connection,
          tableName: COUNTS,
          disableIndexesCreation: true,
          keyPrefix,
          points,
          duration: seconds,
        }),
      async (limiter, key, points) => {
        await counts.updateOne({ key: limiter.getKey(key) }, { $inc: { points: -points } });
      },
    ),

    async trust(address, ip) {
      const until = new Date(now().getTime() + TRUSTED_MS);
      const pair = { _id: pairOf(address, ip) };
      await repeatingLost(() => trusted.updateOne(pair, { $max: { until } }, { upsert: true }));
    },

    async trusted(address, ip) {
      const pair = await trusted.findOne({ _id: pairOf(address, ip), until: { $gt: now() } }).lean();
      return pair !== null;
    },

    async removeExpired() {
      await counts.deleteMany({ expire: { $lte: new Date() } });
      await trusted.deleteMany({ until: { $lte: now() } });
    },
  });
}
