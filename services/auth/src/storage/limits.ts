import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type {
  Allowance,
  LimitName,
  LimitRule,
  LimitRules,
  Limits,
  PointsUncertain,
} from '../ports/limits.ts';

interface LimiterStore {
  /** Creates the limiter of a rule. */
  limiterFor(name: LimitName, rule: LimitRule): RateLimiterAbstract;
  /** Returns the error to throw if a failed attempt may have counted its points; undefined if it has not. */
  uncertainty(error: unknown): PointsUncertain | undefined;
  /** Gives counted points back to a key, without starting a new window or going below zero. */
  giveBack(limiter: RateLimiterAbstract, key: string, points: number): Promise<unknown>;
  /** Repeats an attempt that failed only because another client wrote at the same time; nothing was counted then. */
  repeating<T>(attempt: () => Promise<T>): Promise<T>;
}

/** Creates limits that use rate-limiter-flexible, with one limiter per rule. */
export function createCountingLimits(
  rules: LimitRules,
  { limiterFor, uncertainty, giveBack, repeating }: LimiterStore,
): Omit<Limits, 'removeExpired'> {
  const limiters = new Map<LimitName, RateLimiterAbstract>();
  function limiterOf(name: LimitName): RateLimiterAbstract {
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
      // The limiter counts before it compares, so that two callers cannot take the same last point. This undoes the
      // excess.
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

/** Limits that allow everything: for load tests, with `LIMITS=off`. */
export const noopLimits: Limits = {
  take: async () => ({ allowed: true }),
  peek: async () => ({ allowed: true }),
  giveBack: async () => undefined,
  clear: async () => undefined,
  removeExpired: async () => undefined,
};

/** rate-limiter-flexible rejects with a result if the limit is reached, and with an Error if its store fails. */
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
