import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { LimitRules, Limits } from '../../ports/limits.ts';
import { countingLimits } from '../limits.ts';

/** Limits in memory: the embedded store has one process, and a restart forgets the counts. */
export function createMemoryLimits(rules: LimitRules): Limits {
  return {
    ...countingLimits(
      rules,
      (keyPrefix, { points, seconds }) => new RateLimiterMemory({ keyPrefix, points, duration: seconds }),
      async (limiter, key, points) => {
        const counted = await limiter.get(key);
        if (counted !== null && counted.consumedPoints >= points) await limiter.reward(key, points);
      },
    ),
    // The limiter deletes expired counts by itself.
    removeExpired: async () => undefined,
  };
}
