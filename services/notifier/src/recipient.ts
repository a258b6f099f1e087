/** What is kept of an address that is not kept itself. */
import { createHash } from 'node:crypto';

/** Returns an address's fingerprint. Upper and lower case make no difference. */
export function recipientOf(address: string): string {
  return createHash('sha256').update(normalized(address)).digest('hex').slice(0, 32);
}

/** Returns the address's first letter and its domain. */
export function hintOf(address: string): string {
  const text = normalized(address);
  const [first = ''] = text;
  return `${first}…${text.slice(text.lastIndexOf('@'))}`;
}

function normalized(address: string): string {
  return address.trim().toLowerCase();
}
