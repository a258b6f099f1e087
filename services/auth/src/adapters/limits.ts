/** Limits on rate-limiter-flexible, whatever it keeps its counts in. */
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Allowance, LimitName, LimitRule, LimitRules, Limits } from '../ports/limits.ts';

export type Counting = Pick<Limits, 'take' | 'peek' | 'giveBack' | 'clear'>;

/** Counts with a limiter per rule. */
export function counting(
  rules: LimitRules,
  limiterFor: (name: LimitName, rule: LimitRule) => RateLimiterAbstract,
): Counting {
  const limiters = new Map<LimitName, RateLimiterAbstract>();
  const limiterOf = (name: LimitName): RateLimiterAbstract => {
    const limiter = limiters.get(name) ?? limiterFor(name, rules[name]);
    limiters.set(name, limiter);
    return limiter;
  };

  return {
    async take(name, key, points = 1) {
      const limiter = limiterOf(name);
      const refusal = await limiter.consume(key, points).then(() => undefined, refusalOrThrow);
      if (refusal === undefined) return { allowed: true };
      // It counts before it compares, so that no two callers take the last point: what was too much goes back.
      await limiter.reward(key, points);
      return refused(refusal);
    },

    async peek(name, key) {
      const taken = await limiterOf(name).get(key);
      if (taken === null || taken.msBeforeNext <= 0 || taken.consumedPoints < rules[name].points)
        return { allowed: true };
      return refused(taken);
    },

    async giveBack(name, key) {
      await limiterOf(name).reward(key, 1);
    },

    async clear(name, key) {
      await limiterOf(name).delete(key);
    },
  };
}

/** Allows everything: for load tests (`LIMITS=off`). */
export const unlimited: Limits = {
  take: async () => ({ allowed: true }),
  peek: async () => ({ allowed: true }),
  giveBack: async () => undefined,
  clear: async () => undefined,
  trust: async () => undefined,
  trusted: async () => false,
};

/** rate-limiter-flexible rejects with its result where the limit is reached, with an Error where its store fails. */
const refusalOrThrow = (reason: unknown): RateLimiterRes => {
  if (reason instanceof RateLimiterRes) return reason;
  throw reason;
};

const refused = ({ msBeforeNext }: RateLimiterRes): Allowance => ({
  allowed: false,
  retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
});
