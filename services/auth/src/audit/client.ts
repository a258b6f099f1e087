/** The IP address and user agent of a request, as recorded in security events. */
import { createHmac } from 'node:crypto';
import { normalizeIp, toNetworkLimitKey } from '../limits/ip-key.ts';
import type { RequestOrigin } from '../ports/audit.ts';

/** How security events record IP addresses: in full, as a network prefix, as a keyed hash, or not at all. */
export type IpRedaction =
  | { readonly form: 'full' | 'prefix' | 'none' }
  | { readonly form: 'hmac'; readonly key: Buffer };

/** The client of a request, as a security event records it. At most one of the three IP fields is set. */
export interface ClientDetails {
  readonly ip?: string;
  readonly ipPrefix?: string;
  readonly ipHmac?: string;
  readonly userAgent: string;
}

/** Returns the client of a request for a security event, with its IP address redacted. */
export function toClientDetails({ ip, userAgent }: RequestOrigin, how: IpRedaction): ClientDetails {
  switch (how.form) {
    case 'full':
      return { ip: normalizeIp(ip), userAgent };
    case 'prefix':
      return { ipPrefix: toNetworkLimitKey(ip), userAgent };
    case 'hmac':
      return { ipHmac: pseudonymOf(ip, how.key), userAgent };
    case 'none':
      return { userAgent };
  }
}

function pseudonymOf(ip: string, key: Buffer): string {
  return createHmac('sha256', key)
    .update(`latchkey audit ${normalizeIp(ip)}`)
    .digest('base64url');
}

/**
 * Returns a function that checks whether the client of a security event may have had the given IP address.
 * AUDIT_IP determines whether an event contains the IP address, its network or its hash, and may have been
 * changed since. If the event contains only the network, every address in that network matches.
 * @param keys the current and former keys with which IP addresses were hashed
 */
export function createSecurityEventIpMatcher(
  ip: string,
  keys: readonly Buffer[],
): (client: { readonly [K in 'ip' | 'ipPrefix' | 'ipHmac']?: string | undefined }) => boolean {
  const pseudonyms = keys.map((key) => pseudonymOf(ip, key));
  return (client) =>
    client.ip === normalizeIp(ip) ||
    client.ipPrefix === toNetworkLimitKey(ip) ||
    (client.ipHmac !== undefined && pseudonyms.includes(client.ipHmac));
}
