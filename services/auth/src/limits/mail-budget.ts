/**
 * Rate limits on those mails that a stranger can cause to be sent to an address. The mails to an address are
 * limited per day, and also per network that requests them. The limit per network is lower, so that no single
 * network can use up the daily limit of the address.
 */
import { toNetworkLimitKey } from './ip-key.ts';
import type { RateLimitCharge } from './within-limits.ts';

/**
 * The purposes of mails, each with its own limits per address. A `renewal` mail contains a new link for a
 * sign-up that is not verified yet.
 */
export type MailPurpose = 'sign-up' | 'renewal' | 'reset' | 'email-change';

/**
 * Returns the rate limits that count a mail, each with the key under which it counts the mail.
 * @param address the canonical email address
 */
export function getRateLimitChargesForMail(
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
