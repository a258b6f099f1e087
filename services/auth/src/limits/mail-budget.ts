/**
 * Rate limits on mails to an address that anyone can trigger. Each network also has a limit per address,
 * which is lower than the daily limit of the address, so that no single network can exhaust the daily limit.
 */
import { toNetworkLimitKey } from './ip-key.ts';
import type { RateLimitCharge } from './within-limits.ts';

/**
 * The purposes of mails. Each purpose has its own limits per address. `renewal` is another link for an
 * unverified sign-up.
 */
export type MailPurpose = 'sign-up' | 'renewal' | 'reset' | 'email-change';

/**
 * Returns the charges of one mail, which are the points that the mail takes from each rate limit.
 * @param address the canonical email address
 */
export function createMailLimitCharges(
  purpose: MailPurpose,
  address: string,
  ip: string,
): readonly RateLimitCharge[] {
  const ofAddress = `${purpose} ${address}`;
  const ofNetwork = `${ofAddress} ${toNetworkLimitKey(ip)}`;
  return [
    { limit: 'mail-network-hour', key: ofNetwork },
    { limit: 'mail-network-day', key: ofNetwork },
    { limit: 'mail-address-day', key: ofAddress },
  ];
}
