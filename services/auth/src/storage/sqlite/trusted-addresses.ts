import type { TrustedAddresses } from '../../ports/trusted-addresses.ts';
import { pairKey, TRUSTED_MS } from '../trusted-pair.ts';

/** A few MB at most. */
const CAPACITY = 20_000;

/** Trusted addresses in memory: the embedded store has one process, and a restart forgets them. */
export function createMemoryTrustedAddresses(capacity = CAPACITY): TrustedAddresses {
  /** When each pair expires, in ms since the epoch; the pair that was trusted first comes first. */
  const expiries = new Map<string, number>();

  return {
    async trust(pair, now) {
      const key = pairKey(pair);
      expiries.delete(key);
      expiries.set(key, now.getTime() + TRUSTED_MS);
      const [oldest] = expiries.keys();
      if (expiries.size > capacity && oldest !== undefined) expiries.delete(oldest);
    },

    async isTrusted(pair, now) {
      const expiry = expiries.get(pairKey(pair));
      return expiry !== undefined && now.getTime() < expiry;
    },

    async removeExpired(now) {
      for (const [key, expiry] of expiries) if (expiry <= now.getTime()) expiries.delete(key);
    },
  };
}
