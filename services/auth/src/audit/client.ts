/** The IP address and user agent of a request, as recorded in security events. */
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
 * Returns a function that checks whether a security event may come from an IP address, whichever value of
 * AUDIT_IP it was recorded with. If only the network was recorded, it accepts any event from that network.
 * @param keys the current and former keys of the pseudonyms of addresses
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
