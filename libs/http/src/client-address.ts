import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { parseAddressBlocks } from '@latchkey/process';

/** Returns the IP address of the client; an empty string if the connection is already closed. */
export type ReadClientAddress = (request: IncomingMessage) => string;

/**
 * Creates a function that determines the IP address of the client, for example for rate limits. If the peer
 * of the connection is not a trusted proxy, the client is the peer. Otherwise, the client is the right-most
 * address in X-Forwarded-For that is not a trusted proxy. The client can forge all addresses to the left of
 * that one. The package proxy-addr is not used, because it accepts any text in the header as an address, and
 * does not normalise ports, brackets and IPv4-mapped addresses.
 * @param trustedProxies IP addresses and CIDR blocks
 * @throws Error that names TRUSTED_PROXIES if an entry is neither an IP address nor a CIDR block
 */
export function createClientAddressReader(trustedProxies: readonly string[]): ReadClientAddress {
  const trusted = parseAddressBlocks(trustedProxies);
  function isTrusted(address: string): boolean {
    return trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }

  return (request) => {
    let address = normalise(request.socket.remoteAddress ?? '') ?? '';
    if (address === '' || !isTrusted(address)) return address;
    for (const hop of forwardedFor(request).toReversed()) {
      const next = normalise(hop);
      // This entry of X-Forwarded-For is not an address, so the client is unknown. Return the address of the
      // proxy that has added the entry, which is the last valid address.
      if (next === undefined) return address;
      address = next;
      if (!isTrusted(address)) return address;
    }
    return address;
  };
}

function forwardedFor(request: IncomingMessage): readonly string[] {
  return String(request.headers['x-forwarded-for'] ?? '').split(',');
}

/**
 * Normalises an address: removes port, brackets and zone, and writes IPv4-mapped IPv6 addresses as IPv4.
 * Returns undefined if the text is not an address.
 */
function normalise(written: string): string | undefined {
  const text = written.trim();
  const bare = (
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ??
    /^([\d.]+):\d+$/.exec(text)?.[1] ??
    text
  ).replace(/%.*$/, '');
  const address = /^::ffff:([\d.]+)$/i.exec(bare)?.[1] ?? bare;
  return isIP(address) === 0 ? undefined : address.toLowerCase();
}
