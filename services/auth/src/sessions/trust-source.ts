/**
 * Makes IP addresses trusted for an email address. The owner can sign in from a trusted IP address even
 * while the email address is locked.
 */
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseDeps } from '../deps.ts';
import type { TrustedEmailIpPair } from '../ports/trusted-addresses.ts';

/**
 * Makes the client's IP address trusted for an email address. Does nothing if the IP address is empty,
 * because the client disconnected before the IP address could be read (client-address.ts): otherwise, all
 * such clients would be trusted.
 */
export async function addTrustedIpAddress(
  { trustedAddresses, now }: Pick<UseCaseDeps, 'trustedAddresses' | 'now'>,
  { address, ip }: TrustedEmailIpPair,
): Promise<void> {
  if (ip !== '') await trustedAddresses.trust({ address, ip }, now());
}

/**
 * Makes the client's IP address the only trusted one for an email address. The IP addresses trusted so far
 * may belong to somebody who knew the former password, or to a former owner of the email address. Ignores
 * failures.
 */
export async function replaceTrustedIpAddresses(
  deps: Pick<UseCaseDeps, 'trustedAddresses' | 'personalData' | 'now'>,
  pair: TrustedEmailIpPair,
): Promise<void> {
  await runBestEffort(() => deps.personalData.removeTrusted(pair.address));
  await runBestEffort(() => addTrustedIpAddress(deps, pair));
}
