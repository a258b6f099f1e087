/** `/.well-known/security.txt` (RFC 9116): where to report a vulnerability of this installation. */
import { DAY_MS } from '@latchkey/process';

export interface SecurityTxt {
  /** URIs in order of preference, for example `mailto:security@example.com` or `https://example.com/report`. */
  readonly contacts: readonly string[];
  /** The URL of the policy on reports. */
  readonly policy?: string;
  /** The URL of the file itself. */
  readonly canonical: string;
}

/**
 * How long the file is valid, in days: less than a year (RFC 9116, 2.5.5). Only copies become stale, because the file
 * is generated for each request.
 */
const VALID_DAYS = 90;

/** Returns the text, valid for 90 days from midnight (UTC) of `now`. */
export function securityTxt({ contacts, policy, canonical }: SecurityTxt, now: Date): string {
  const midnight = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const lines = [
    ...contacts.map((contact) => `Contact: ${contact}`),
    `Expires: ${new Date(midnight + VALID_DAYS * DAY_MS).toISOString()}`,
    `Canonical: ${canonical}`,
    ...(policy === undefined ? [] : [`Policy: ${policy}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
