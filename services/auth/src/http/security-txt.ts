/**
 * Generates `/.well-known/security.txt` (RFC 9116), which says where to report a vulnerability of this
 * installation.
 */
import { DAY_MS } from '@latchkey/process';

/** The fields of security.txt that come from the settings. */
export interface SecurityTxtFields {
  /**
   * URIs in order of preference, for example `mailto:security@example.com` or `https://example.com/report`.
   */
  readonly contacts: readonly string[];
  /** The URL of the vulnerability disclosure policy. */
  readonly policy?: string;
  /** The public URL of security.txt itself. */
  readonly canonical: string;
}

/**
 * How long a security.txt file is valid, in days. RFC 9116, 2.5.5 recommends less than a year. The file is
 * generated for each request, so only copies can expire.
 */
const VALID_DAYS = 90;

/** Returns the content of security.txt. It expires 90 days after midnight (UTC) of `now`. */
export function formatSecurityTxt({ contacts, policy, canonical }: SecurityTxtFields, now: Date): string {
  const midnight = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const lines = [
    ...contacts.map((contact) => `Contact: ${contact}`),
    `Expires: ${new Date(midnight + VALID_DAYS * DAY_MS).toISOString()}`,
    `Canonical: ${canonical}`,
    ...(policy === undefined ? [] : [`Policy: ${policy}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
