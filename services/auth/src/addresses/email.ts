/** Email addresses: syntax, stored form and comparison. */
import { domainToASCII } from 'node:url';
import { z } from 'zod';

export interface EmailAddress {
  /**
   * The recipient of mails: the address in the spelling of the request, without surrounding spaces; a non-ASCII domain
   * in its IDNA form.
   */
  readonly stored: string;
  /**
   * The canonical form, which is the key of look-ups, limits and claims: lower case, with the domain in its IDNA form.
   */
  readonly canonical: string;
}

/** RFC 5321, 4.5.3.1.3: a path has at most 256 octets, including the angle brackets. */
const LONGEST = 254;
/** RFC 5321, 4.5.3.1.1. */
const LONGEST_LOCAL_PART = 64;
/** No valid address is longer, even before IDNA changes its length. Longer input is not parsed. */
const LONGEST_INPUT = 320;

/** RFC 5321, 4.1.2: a Dot-string of ASCII. Quoted strings are refused, because mail systems handle them badly. */
const dotString = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** Characters allowed in a typed domain: `domainToASCII` would also accept percent-encoding and ports. */
const typedDomain = /^[\p{L}\p{M}\p{N}.-]+$/u;
/** RFC 1034, 3.5 and RFC 1123, 2.1. */
const domainLabel = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** RFC 3696, 2: a top-level domain is not all digits, which also excludes IPv4 addresses. */
const topLevelDomain = /^(?!localhost$)[a-z][a-z\d-]*[a-z\d]$/;

/**
 * Parses an address as a person types it: `local@domain`, surrounded by nothing but spaces. The domain must have at
 * least two labels; `localhost` (RFC 6761) is refused.
 * @returns undefined for anything else
 */
export function parseEmail(text: string): EmailAddress | undefined {
  if (text.length > LONGEST_INPUT) return undefined;
  const typed = withoutSpacesAround(text);
  const at = typed.lastIndexOf('@');
  const local = typed.slice(0, Math.max(at, 0));
  const domain = typed.slice(at + 1);
  if (local.length > LONGEST_LOCAL_PART || !dotString.test(local)) return undefined;
  const ascii = asciiDomain(domain);
  if (ascii === undefined || local.length + 1 + ascii.length > LONGEST) return undefined;
  return {
    // IDNA rules differ between mail programs: the stored form must lead to the domain of the canonical form.
    stored: isAscii(domain) ? typed : `${local}@${ascii}`,
    canonical: `${local.toLowerCase()}@${ascii}`,
  };
}

/** `a@b.cd` */
const SHORTEST = 6;

/** The schema of an address in a request; parsed into both forms. */
export const emailAddress = z
  .string()
  .max(LONGEST_INPUT)
  .transform((text, context) => {
    const address = parseEmail(text);
    if (address !== undefined) return address;
    context.addIssue({ code: 'custom', message: 'must be an email address, such as ada@example.com' });
    return z.NEVER;
  })
  .meta({
    format: 'email',
    minLength: SHORTEST,
    pattern: '^[^@]+@[^@]+$',
    description: 'An email address: ASCII before the @, any domain name after it.',
  });

// Line breaks and other control characters are refused, not trimmed: they come from attempts to inject headers.
function withoutSpacesAround(text: string): string {
  return text.replace(/^ +/, '').replace(/ +$/, '');
}

function asciiDomain(domain: string): string | undefined {
  if (!typedDomain.test(domain)) return undefined;
  const ascii = domainToASCII(domain).toLowerCase();
  const labels = ascii.split('.');
  const valid = labels.length >= 2 && labels.every((label) => domainLabel.test(label));
  return valid && topLevelDomain.test(labels.at(-1) ?? '') ? ascii : undefined;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
