/** What limits count under for a client's address. */
import { isIPv6 } from 'node:net';

const NETWORK_GROUPS = 4;

/**
 * An IPv4 address as it is, also where it came mapped into IPv6; of an IPv6 address its /64, since whoever has
 * one address of it has them all (RFC 6177). Anything else as it is.
 */
export function ipKey(ip: string): string {
  const address = ip.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(address)) return address;
  const groups = expand(address);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2). */
function expand(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const front = groupsOf(head);
  const back = groupsOf(tail ?? '');
  return tail === undefined
    ? front
    : [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function groupsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').flatMap(group);
}

function group(text: string): readonly number[] {
  if (!text.includes('.')) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}
