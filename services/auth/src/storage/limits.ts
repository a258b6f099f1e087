/** Limits on rate-limiter-flexible, whatever it keeps its counts in. */
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { ipKey } from '../credentials/ip-key.ts';
import type { Allowance, LimitName, LimitRule, LimitRules, Limits } from '../ports/limits.ts';

/** How long a pair of address and IP is trusted. */
export const TRUSTED_MS = 30 * 24 * 60 * 60_000;
export function pairOf(address: string, ip: string): string {
  return `${address} ${ipKey(ip)}`;
}

export type Counting = Pick<Limits, 'take' | 'peek' | 'giveBack' | 'clear'>;

type GiveBack = (limiter: RateLimiterAbstract, key: string, points: number) => Promise<unknown>;

/**
 * Counts with a limiter per rule.
 * @param giveBack where the store can do it without beginning a window, should the one counted in be over
 */
export function counting(
  rules: LimitRules,
  limiterFor: (name: LimitName, rule: LimitRule) => RateLimiterAbstract,
  giveBack: GiveBack = (limiter, key, points) => limiter.reward(key, points),
): Counting {
  const limiters = new Map<LimitName, RateLimiterAbstract>();
  function limiterOf(name: LimitName): RateLimiterAbstract {
    const limiter = limiters.get(name) ?? limiterFor(name, rules[name]);
    limiters.set(name, limiter);
    return limiter;
  }

  return {
    async take(name, key, points = 1) {
      const limiter = limiterOf(name);
      const refusal = await limiter.consume(key, points).then(() => undefined, refusalOrThrow);
      if (refusal === undefined) return { allowed: true };
      // It counts before it compares, so that no two callers take the last point: what was too much goes back.
      await giveBack(limiter, key, points);
      return refused(refusal);
    },

    async peek(name, key) {
      const taken = await limiterOf(name).get(key);
      if (taken === null || taken.msBeforeNext <= 0 || taken.consumedPoints < rules[name].points)
        return { allowed: true };
      return refused(taken);
    },

    async giveBack(name, key) {
      await giveBack(limiterOf(name), key, 1);
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
  removeExpired: async () => undefined,
};

/** rate-limiter-flexible rejects with its result where the limit is reached, with an Error where its store fails. */
function refusalOrThrow(reason: unknown): RateLimiterRes {
  if (reason instanceof RateLimiterRes) return reason;
  throw reason;
}

function refused({ msBeforeNext }: RateLimiterRes): Allowance {
  return {
    allowed: false,
    retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  };
}
