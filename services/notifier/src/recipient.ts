/** What is kept of an e-mail address when the address itself is deleted. */
import { createHash } from 'node:crypto';
import type { KeptRecipient } from './delivery/delivery.ts';

/** Returns an address's fingerprint. Upper and lower case make no difference. */
export function addressFingerprint(address: string): string {
  return createHash('sha256').update(normalized(address)).digest('hex').slice(0, 32);
}

/** Returns the first letter and the domain of an address. */
export function addressHint(address: string): string {
  const text = normalized(address);
  const [first = ''] = text;
  return `${first}…${text.slice(text.lastIndexOf('@'))}`;
}

/** Returns what is kept of the recipient's address after a mail was sent, so that reports can be matched to it. */
export function recipientToKeep(address: string): KeptRecipient {
  return { fingerprint: addressFingerprint(address), hint: addressHint(address) };
}

function normalized(address: string): string {
  return address.trim().toLowerCase();
}
