/** Limits of a single process: a restart forgets them. */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { LimitRules, Limits } from '../../ports/limits.ts';
import { counting, pairOf, TRUSTED_MS } from '../limits.ts';

/** A few MB at most; the pair that was trusted longest ago makes room. */
const MOST_TRUSTED = 20_000;

export function createMemoryLimits(
  rules: LimitRules,
  options: { now(): Date; readonly mostTrusted?: number },
): Limits {
  const { now, mostTrusted = MOST_TRUSTED } = options;
  /** When the trust in a pair ends; in the order of trusting. */
  const trustEnds = new Map<string, number>();

  return {
    ...counting(
      rules,
      (keyPrefix, { points, seconds }) => new RateLimiterMemory({ keyPrefix, points, duration: seconds }),
    ),

    async trust(address, ip) {
      const pair = pairOf(address, ip);
      trustEnds.delete(pair);
      trustEnds.set(pair, now().getTime() + TRUSTED_MS);
      const [oldest] = trustEnds.keys();
      if (trustEnds.size > mostTrusted && oldest !== undefined) trustEnds.delete(oldest);
    },

    async trusted(address, ip) {
      const ends = trustEnds.get(pairOf(address, ip));
      return ends !== undefined && now().getTime() < ends;
    },

    // What was counted, the limiter forgets by itself.
    async removeExpired() {
      for (const [pair, ends] of trustEnds) if (ends <= now().getTime()) trustEnds.delete(pair);
    },
  };
}
