import {
  type MongoIndex,
  mapMongoErrors,
  mayHaveBeenWritten,
  retryOnConcurrentWrite,
  toMongoFailure,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import { RateLimiterMongo } from 'rate-limiter-flexible';
import { RateLimitPointsUncertain, type RateLimitRules, type RateLimits } from '../../ports/limits.ts';
import { createCountingRateLimits } from '../limits.ts';

const COUNTS = 'auth_limits';

/** A count of used points, in the format of rate-limiter-flexible. */
interface CountDocument {
  /** The name of the rate limit and the key that it counts. */
  readonly key: string;
  readonly points: number;
  /** When the current window of the rate limit ends. */
  readonly expire: Date;
}

export const limitIndexes: readonly MongoIndex[] = [
  { collection: COUNTS, name: 'key', keys: { key: 1 }, unique: true },
  { collection: COUNTS, name: 'expiry', keys: { expire: 1 } },
];

/**
 * Rate limits in MongoDB, shared by all instances. The windows depend on the clock of each instance's
 * machine, because rate-limiter-flexible uses the local clock.
 */
export function createMongoLimits(rules: RateLimitRules, connection: Connection): RateLimits {
  const counts = connection.collection<CountDocument>(COUNTS);

  return mapMongoErrors<RateLimits>({
    ...createCountingRateLimits(rules, {
      limiterFor: (keyPrefix, { points, seconds }) =>
        new RateLimiterMongo({
          storeClient: connection,
          tableName: COUNTS,
          disableIndexesCreation: true,
          keyPrefix,
          points,
          duration: seconds,
        }),
      uncertainty: (error) =>
        mayHaveBeenWritten(error) ? new RateLimitPointsUncertain(toMongoFailure(error)) : undefined,
      giveBack: async (limiter, key, points) => {
        const counted = { key: limiter.getKey(key), points: { $gte: points } };
        await counts.updateOne(counted, { $inc: { points: -points } });
      },
      repeating: retryOnConcurrentWrite,
    }),

    async removeExpired() {
      await counts.deleteMany({ expire: { $lte: new Date() } });
    },
  });
}
