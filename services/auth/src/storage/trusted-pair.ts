import { toIpLimitKey } from '../limits/ip-key.ts';
import type { TrustedEmailIpPair } from '../ports/trusted-addresses.ts';

/** How long an IP address is trusted for an email address, in ms. */
export const IP_TRUST_DURATION_MS = 30 * 24 * 60 * 60_000;

/**
 * The minimum time between two extensions of the lifetime of a trusted pair, in ms. Fewer extensions mean
 * fewer writes.
 */
export const IP_TRUST_RENEWAL_MS = 24 * 60 * 60_000;

/**
 * Returns the key under which a trusted pair of an email address and an IP address is stored. IPv6 addresses
 * in the same /64 network have the same key.
 */
export function toTrustedPairKey({ address, ip }: TrustedEmailIpPair): string {
  return `${address} ${toIpLimitKey(ip)}`;
}
