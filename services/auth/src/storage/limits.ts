import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type {
  RateLimitDecision,
  RateLimitName,
  RateLimitPointsUncertain,
  RateLimitRule,
  RateLimitRules,
  RateLimits,
} from '../ports/limits.ts';

interface LimiterStore {
  /** Creates the limiter that counts the points of one rate limit. */
  limiterFor(name: RateLimitName, rule: RateLimitRule): RateLimiterAbstract;
  /**
   * Returns the error to throw if a failed call of a limiter may have counted its points; undefined if it
   * certainly has not.
   */
  uncertainty(error: unknown): RateLimitPointsUncertain | undefined;
  /**
   * Gives back points that were counted for a key. Must not start a new window or make the count negative.
   */
  giveBack(limiter: RateLimiterAbstract, key: string, points: number): Promise<unknown>;
  /**
   * Calls a limiter, and calls it again if it failed because of a write conflict. Repeating the call is safe,
   * because a write conflict means that nothing was counted.
   */
  repeating<T>(attempt: () => Promise<T>): Promise<T>;
}

/** Creates rate limits that are based on the package rate-limiter-flexible, with one limiter per rule. */
export function createCountingRateLimits(
  rules: RateLimitRules,
  { limiterFor, uncertainty, giveBack, repeating }: LimiterStore,
): Omit<RateLimits, 'removeExpired'> {
  const limiters = new Map<RateLimitName, RateLimiterAbstract>();
  function limiterOf(name: RateLimitName): RateLimiterAbstract {
    const limiter = limiters.get(name) ?? limiterFor(name, rules[name]);
    limiters.set(name, limiter);
    return limiter;
  }

  return {
    async take(name, key, points = 1) {
      const limiter = limiterOf(name);
      const refusal = await repeating(() =>
        limiter.consume(key, points).then(() => undefined, refusalOrThrow),
      ).catch((error: unknown) => {
        throw uncertainty(error) ?? error;
      });
      if (refusal === undefined) return { allowed: true };
      // The limiter first adds the points and then compares the sum with the limit, so that two callers
      // cannot both take the last point. A refused call has therefore added its points too; give them back.
      await giveBack(limiter, key, points);
      return refused(refusal);
    },

    async peek(name, key) {
      const taken = await limiterOf(name).get(key);
      if (taken === null || taken.msBeforeNext <= 0 || taken.consumedPoints < rules[name].points)
        return { allowed: true };
      return refused(taken);
    },

    async giveBack(name, key, points = 1) {
      await giveBack(limiterOf(name), key, points);
    },

    async clear(name, key) {
      await limiterOf(name).delete(key);
    },
  };
}

/** Rate limits that allow everything. Used in load tests, with `LIMITS=off`. */
export const unlimitedRateLimits: RateLimits = {
  take: async () => ({ allowed: true }),
  peek: async () => ({ allowed: true }),
  giveBack: async () => undefined,
  clear: async () => undefined,
  removeExpired: async () => undefined,
};

/**
 * Converts the rejection of a call to rate-limiter-flexible. If the limit is reached, the package rejects
 * with a result, which is returned. If its store fails, the package rejects with an Error, which is thrown.
 */
function refusalOrThrow(reason: unknown): RateLimiterRes {
  if (reason instanceof RateLimiterRes) return reason;
  throw reason;
}

function refused({ msBeforeNext }: RateLimiterRes): RateLimitDecision {
  return {
    allowed: false,
    retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  };
}
