/** Fingerprints and hints, which are kept in place of an email address that is deleted. */
import { createHash } from 'node:crypto';
import type { RedactedRecipient } from './delivery/delivery.ts';

/** Returns the fingerprint of an email address. Upper and lower case make no difference. */
export function computeAddressFingerprint(address: string): string {
  return createHash('sha256').update(normalized(address)).digest('hex').slice(0, 32);
}

/** Returns a hint at an email address: its first letter and its domain. */
export function createAddressHint(address: string): string {
  const text = normalized(address);
  const [first = ''] = text;
  return `${first}…${text.slice(text.lastIndexOf('@'))}`;
}

/**
 * Returns the fingerprint and the hint that are stored in place of a recipient's address after the mail was
 * sent.
 */
export function redactRecipient(address: string): RedactedRecipient {
  return { fingerprint: computeAddressFingerprint(address), hint: createAddressHint(address) };
}

function normalized(address: string): string {
  return address.trim().toLowerCase();
}
