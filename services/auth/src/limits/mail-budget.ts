/**
 * How many mails an address gets because of requests that anybody can make. The budgets are shared fairly: each network
 * has one of its own, and no network can use up what the address gets in a day. So whoever asks from a network that has
 * not asked today gets a mail.
 */
import { networkKey } from './ip-key.ts';
import type { Take } from './within-limits.ts';

/** Purposes do not use up each other's budget. `renewal`: another link for a sign-up that is still unverified. */
export type MailPurpose = 'sign-up' | 'renewal' | 'reset';

/**
 * Returns what one mail takes.
 * @param address canonical
 */
export function mailBudget(purpose: MailPurpose, address: string, ip: string): readonly Take[] {
  const ofAddress = `${purpose} ${address}`;
  const ofNetwork = `${ofAddress} ${networkKey(ip)}`;
  return [
    { limit: 'mail-network-hour', key: ofNetwork },
    { limit: 'mail-network-day', key: ofNetwork },
    { limit: 'mail-address-day', key: ofAddress },
  ];
}
