/** Whose address a request came from. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { addressBlocks } from '@latchkey/process';

/** The client's address as text; empty if the connection is gone already. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * The peer's address; behind trusted proxies the right-most untrusted one of X-Forwarded-For. What stands left
 * of it is the client's own word and is not believed.
 * @param trustedProxies CIDR blocks or single addresses.
 * @throws Error naming TRUSTED_PROXIES if one is neither.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = addressBlocks(trustedProxies);
  function isTrusted(address: string): boolean {
    return trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }

  return (request) => {
    let address = normalise(request.socket.remoteAddress ?? '') ?? '';
    if (address === '' || !isTrusted(address)) return address;
    for (const hop of forwardedFor(request).toReversed()) {
      const next = normalise(hop);
      // What a trusted proxy wrote down cannot be read: the proxy itself is the last that is known.
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

/** Without port, brackets and zone; IPv4 in its own form also where it came mapped into IPv6. */
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
