/** Trusts the IP addresses of the owner of an e-mail address, from which nobody can lock the owner out. */
import { runBestEffort } from '../best-effort.ts';
import type { UseCaseDeps } from '../deps.ts';
import type { TrustedEmailIpPair } from '../ports/trusted-addresses.ts';

/**
 * Trusts the client's IP address for an e-mail address. Does nothing if the IP address is empty, because the client
 * has disconnected before it was read (client-address.ts): all such clients would be trusted.
 */
export async function trustSource(
  { trustedAddresses, now }: Pick<UseCaseDeps, 'trustedAddresses' | 'now'>,
  { address, ip }: TrustedEmailIpPair,
): Promise<void> {
  if (ip !== '') await trustedAddresses.trust({ address, ip }, now());
}

/**
 * Trusts the client's IP address for an e-mail address, and no other IP address: somebody who knew the former
 * password, or the former owner of the e-mail address, may have signed in from them. Failures are ignored.
 */
export async function trustOnlySource(
  deps: Pick<UseCaseDeps, 'trustedAddresses' | 'personalData' | 'now'>,
  pair: TrustedEmailIpPair,
): Promise<void> {
  await runBestEffort(() => deps.personalData.removeTrusted(pair.address));
  await runBestEffort(() => trustSource(deps, pair));
}
