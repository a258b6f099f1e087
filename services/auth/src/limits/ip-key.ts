import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

const NETWORK_PARTS = 4;

/**
 * Returns the key that limits count a client's address under: an IPv4 address, also one mapped into IPv6, as
 * it is; an IPv6 address by its /64, because one subscriber owns the whole network (RFC 6177).
 */
export function ipKey(ip: string): string {
  const text = ip.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(text)) return text;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString();
  const network = address.parts.slice(0, NETWORK_PARTS).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
