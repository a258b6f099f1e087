/** Email addresses: syntax, stored form and comparison. */
import { domainToASCII } from 'node:url';
import { z } from 'zod';

export interface EmailAddress {
  /**
   * The address to which mails are sent: in the spelling of the request, without surrounding spaces; a non-ASCII
   * domain in its IDNA form.
   */
  readonly stored: string;
  /**
   * The canonical form, which is the key of look-ups, limits and claims: lower case, with the domain in its IDNA form.
   */
  readonly canonical: string;
}

/**
 * The maximum length of an address. RFC 5321, 4.5.3.1.3: a path has at most 256 octets, including the angle brackets.
 */
const LONGEST = 254;
/** The maximum length of the part before the @: RFC 5321, 4.5.3.1.1. */
const LONGEST_LOCAL_PART = 64;
/**
 * The maximum length of input: longer input is not parsed, because no valid address is longer, even before IDNA
 * changes its length.
 */
const LONGEST_INPUT = 320;

/**
 * Matches a Dot-string of ASCII (RFC 5321, 4.1.2). Quoted strings are refused, because mail systems handle them
 * badly.
 */
const DOT_STRING = "[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+(?:\\.[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+)*";
const dotString = new RegExp(`^${DOT_STRING}$`);
/** Matches the characters allowed in a typed domain: `domainToASCII` would also accept percent-encoding and ports. */
const typedDomain = /^[\p{L}\p{M}\p{N}.-]+$/u;
/** Matches a label of a domain: RFC 1034, 3.5 and RFC 1123, 2.1. */
const domainLabel = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** Matches a top-level domain. It is not all digits (RFC 3696, 2), which also excludes IPv4 addresses. */
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
    // IDNA rules differ between mail programs, so mails are sent to the ASCII domain of the canonical form.
    stored: isAscii(domain) ? typed : `${local}@${ascii}`,
    canonical: `${local.toLowerCase()}@${ascii}`,
  };
}

/** The minimum length of an address as typed: `a@b.ü`. */
const SHORTEST = 5;

/** The schema of an address in a request; parsed into both forms. */
export const emailAddressSchema = z
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
    // The pattern allows spaces around an address, because they are removed.
    pattern: `^ *${DOT_STRING}@[^@ ]+\\.[^@ ]+ *$`,
    description: 'An email address: ASCII before the @, any domain name after it.',
  });

// Removes only spaces. Line breaks and other control characters are refused rather than trimmed, because they come
// from attempts to inject headers.
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
