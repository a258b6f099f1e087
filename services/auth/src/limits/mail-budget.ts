/**
 * Limits on the mails that anyone can cause to be sent to an address. Each network has a limit of its own, which is
 * lower than the daily limit of the address. So no single network can exhaust the daily limit.
 */
import { networkKey } from './ip-key.ts';
import type { LimitCharge } from './within-limits.ts';

/** The purposes of mails, each with its own budget. `renewal`: another link for a sign-up that is not verified yet. */
export type MailPurpose = 'sign-up' | 'renewal' | 'reset' | 'email-change';

/**
 * Returns the points that one mail takes from each limit.
 * @param address the canonical e-mail address
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
