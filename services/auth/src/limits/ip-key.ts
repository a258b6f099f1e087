import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * How many of the eight 16-bit groups of an IPv6 address identify a subscriber: the first four, which are the
 * /64 network.
 */
const SUBSCRIBER_PARTS = 4;
/**
 * The lengths, in bits, of the prefixes that identify a network. For IPv6, RIPE-690 recommends to assign at
 * least a /56 to each customer.
 */
const NETWORK_PREFIX = { ipv4: 24, ipv6: 56 };

/**
 * Returns the shortest form of an IP address, without a zone. Converts an IPv4-mapped IPv6 address to IPv4.
 */
export function normalizeIp(ip: string): string {
  return parseIp(ip).toString();
}

/**
 * Returns the key under which rate limits count a client's IP address. For IPv4, including IPv4-mapped IPv6,
 * the key is the address itself. For IPv6, it is the /64, because one subscriber controls the whole network
 * (RFC 6177).
 */
export function toIpLimitKey(ip: string): string {
  const address = parseIp(ip);
  if (typeof address === 'string' || address.kind() === 'ipv4') return address.toString();
  const network = address.toByteArray().slice(0, 2 * SUBSCRIBER_PARTS);
  return `${groupsOf(network)}::/64`;
}

/**
 * Returns the key under which rate limits count a client's network: the /24 of an IPv4 address, the /56 of an
 * IPv6 address. Rate limits on the mails that a network requests for an email address use this key.
 */
export function toNetworkLimitKey(ip: string): string {
  const address = parseIp(ip);
  if (typeof address === 'string') return address;
  const bits = NETWORK_PREFIX[address.kind()];
  const bytes = address.toByteArray().slice(0, bits / 8);
  if (address.kind() === 'ipv4') return `${bytes.join('.')}.0/${bits}`;
  return `${groupsOf([...bytes, 0])}::/${bits}`;
}

/**
 * Parses an IP address. Converts an IPv4-mapped IPv6 address to IPv4, and returns any other string unchanged.
 */
function parseIp(ip: string): ipaddr.IPv4 | ipaddr.IPv6 | string {
  const text = ip.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(text)) return isIPv4(text) ? ipaddr.IPv4.parse(text) : text;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Formats the bytes of an IPv6 address as 16-bit groups. @param bytes an even number of bytes */
function groupsOf(bytes: readonly number[]): string {
  const groups: string[] = [];
  for (let i = 0; i < bytes.length; i += 2)
    groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  return groups.join(':');
}
