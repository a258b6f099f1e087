/**
 * Decides which IP addresses webhooks may call. Webhooks may not call addresses of private networks or of
 * this machine.
 */
import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { parseAddressBlocks } from '@latchkey/process';

/**
 * The ranges of addresses that are never, or not always, on the public internet, from IANA's special-purpose
 * address registries.
 */
const PRIVATE_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/**
 * The range of global unicast addresses, which is the only public range of IPv6. PRIVATE_V6 lists the parts
 * of this range that are not public: translated, tunneled and reserved addresses.
 */
const PUBLIC_V6 = '2000::/3';
const PRIVATE_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const privateV4 = parseAddressBlocks(PRIVATE_V4);
const privateV6 = parseAddressBlocks(PRIVATE_V6);
const publicV6 = parseAddressBlocks([PUBLIC_V6]);

/** Returns whether a string is an IP address on the public internet. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !privateV4.check(address, 'ipv4');
  return version === 6 && publicV6.check(address, 'ipv6') && !privateV6.check(address, 'ipv6');
}

/** Thrown instead of connecting to an IP address that is not public. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddress';

  constructor(host: string) {
    super(`${host} is at a private address, which webhooks may not call (WEBHOOKS_ALLOW_PRIVATE)`);
  }
}

type Resolve = (
  host: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Returns a lookup function for sockets, which fails if any address of the host is private. The socket
 * connects to the address that was checked. Therefore DNS rebinding, in which the next lookup returns a
 * different address, cannot circumvent the check.
 */
export function createPublicAddressLookup(resolve: Resolve = lookup): LookupFunction {
  return (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined)
        return done(error ?? new Error(`${host} has no address`), '', 0);
      if (!addresses.every(({ address }) => isPublicAddress(address)))
        return done(new PrivateAddressError(host), '', 0);
      if (options.all) return done(null, addresses);
      return done(null, first.address, first.family);
    });
  };
}

const MAX_URL = 2000;

/**
 * Returns why webhooks may not call a URL, as the rest of a sentence that begins with "The URL". Undefined if
 * webhooks may call the URL.
 */
export function findEndpointUrlFault(
  text: string,
  { allowPrivate }: { readonly allowPrivate: boolean },
): string | undefined {
  const url = URL.parse(text);
  if (url === null || text.length > MAX_URL) return 'must be an absolute URL of at most 2000 characters';
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:'))
    return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not contain a user or a password';
  if (url.hash !== '') return 'must not have a fragment (#…)';
  if (allowPrivate) return undefined;
  const host = getUrlHost(url);
  const isPrivate = isIP(host) !== 0 ? !isPublicAddress(host) : /(^|\.)localhost\.?$/i.test(host);
  return isPrivate ? 'must not lead to a private address' : undefined;
}

/** Returns the host name or IP address in a URL. An IPv6 address is returned without its brackets. */
export function getUrlHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
