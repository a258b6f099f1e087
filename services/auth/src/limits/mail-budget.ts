/**
 * How many mails an address gets for requests that anybody can make. The budget is shared fairly: each network has
 * a share of its own, and no single network can use up the mails of a day. So a request from a network that has not
 * asked today gets its mail.
 */
import { networkKey } from './ip-key.ts';
import type { LimitCharge } from './within-limits.ts';

/** Each purpose has a budget of its own. `renewal`: another link for a sign-up that is not verified yet. */
export type MailPurpose = 'sign-up' | 'renewal' | 'reset' | 'email-change';

/**
 * Returns the points that one mail takes from each limit.
 * @param address canonical
 */
export function mailCharges(purpose: MailPurpose, address: string, ip: string): readonly LimitCharge[] {
  const ofAddress = `${purpose} ${address}`;
  const ofNetwork = `${ofAddress} ${networkKey(ip)}`;
  return [
    { limit: 'mail-network-hour', key: ofNetwork },
    { limit: 'mail-network-day', key: ofNetwork },
    { limit: 'mail-address-day', key: ofAddress },
  ];
}
