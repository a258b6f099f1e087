/** The client of a request, as security events show it. */
import { createHmac } from 'node:crypto';
import { ipAddress, networkKey } from '../limits/ip-key.ts';
import type { RequestOrigin } from '../ports/audit.ts';

export type IpRedaction =
  | { readonly form: 'full' | 'prefix' | 'none' }
  | { readonly form: 'hmac'; readonly key: Buffer };

export interface ClientDetails {
  readonly ip?: string;
  readonly ipPrefix?: string;
  readonly ipHmac?: string;
  readonly userAgent: string;
}

export function clientDetailsOf({ ip, userAgent }: RequestOrigin, how: IpRedaction): ClientDetails {
  switch (how.form) {
    case 'full':
      return { ip: ipAddress(ip), userAgent };
    case 'prefix':
      return { ipPrefix: networkKey(ip), userAgent };
    case 'hmac':
      return { ipHmac: pseudonymOf(ip, how.key), userAgent };
    case 'none':
      return { userAgent };
  }
}

function pseudonymOf(ip: string, key: Buffer): string {
  return createHmac('sha256', key)
    .update(`latchkey audit ${ipAddress(ip)}`)
    .digest('base64url');
}

/**
 * Returns a function that checks whether a security event may come from an IP address. It works for every value of
 * AUDIT_IP: if only the network was recorded, the function accepts the whole network.
 * @param keys the keys of pseudonyms, including former ones
 */
export function createClientMatcher(
  ip: string,
  keys: readonly Buffer[],
): (client: { readonly [K in 'ip' | 'ipPrefix' | 'ipHmac']?: string | undefined }) => boolean {
  const pseudonyms = keys.map((key) => pseudonymOf(ip, key));
  return (client) =>
    client.ip === ipAddress(ip) ||
    client.ipPrefix === networkKey(ip) ||
    (client.ipHmac !== undefined && pseudonyms.includes(client.ipHmac));
}
