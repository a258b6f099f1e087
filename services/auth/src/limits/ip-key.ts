import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The part of an IPv6 address that belongs to one subscriber, in groups of 16 bits: a /64. */
const SUBSCRIBER_PARTS = 4;
/** The length of network prefixes, in bits. RIPE-690 recommends at least a /56 for each customer. */
const NETWORK_PREFIX = { ipv4: 24, ipv6: 56 };

/** Returns an IP address in its shortest form, without a zone; IPv4 mapped into IPv6 as IPv4. */
export function ipAddress(ip: string): string {
  return parseIp(ip).toString();
}

/**
 * Returns the key under which limits count a client's IP address. An IPv4 address, also one mapped into IPv6, is its
 * own key. An IPv6 address counts as its /64, because one subscriber owns the whole network (RFC 6177).
 */
export function ipKey(ip: string): string {
  const address = parseIp(ip);
  if (typeof address === 'string' || address.kind() === 'ipv4') return address.toString();
  const network = address.toByteArray().slice(0, 2 * SUBSCRIBER_PARTS);
  return `${groupsOf(network)}::/64`;
}

/**
 * Returns the key of a client's network, by which the mails to an e-mail address are limited: the /24 of an IPv4
 * address, the /56 of an IPv6 address.
 */
export function networkKey(ip: string): string {
  const address = parseIp(ip);
  if (typeof address === 'string') return address;
  const bits = NETWORK_PREFIX[address.kind()];
  const bytes = address.toByteArray().slice(0, bits / 8);
  if (address.kind() === 'ipv4') return `${bytes.join('.')}.0/${bits}`;
  return `${groupsOf([...bytes, 0])}::/${bits}`;
}

/** Parses an IP address, IPv4 mapped into IPv6 as IPv4. Returns any other string unchanged. */
function parseIp(ip: string): ipaddr.IPv4 | ipaddr.IPv6 | string {
  const text = ip.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(text)) return isIPv4(text) ? ipaddr.IPv4.parse(text) : text;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Returns the bytes of an IPv6 address as groups of 16 bits. @param bytes an even number of bytes */
function groupsOf(bytes: readonly number[]): string {
  const groups: string[] = [];
  for (let i = 0; i < bytes.length; i += 2)
    groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  return groups.join(':');
}
