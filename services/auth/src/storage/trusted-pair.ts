import { ipKey } from '../limits/ip-key.ts';
import type { TrustedPair } from '../ports/trusted-addresses.ts';

/** How long a pair is trusted, in ms: 30 days. */
export const TRUST_DURATION_MS = 30 * 24 * 60 * 60_000;

/** How long a pair that is trusted again is not written again, in ms: a day. */
export const TRUST_RENEWAL_MS = 24 * 60 * 60_000;

/** Returns the key of a pair. IPv6 addresses in one /64 have the same key. */
export function trustedPairKey({ address, ip }: TrustedPair): string {
  return `${address} ${ipKey(ip)}`;
}
