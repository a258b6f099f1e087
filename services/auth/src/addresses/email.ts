/** Parsing of email addresses: their syntax, and the forms in which they are stored and compared. */
import { domainToASCII } from 'node:url';
import { z } from 'zod';

/** A valid email address in two forms, for sending and for comparing. */
export interface EmailAddress {
  /**
   * The address to which mails are sent. It is spelled as in the request, but without surrounding spaces and
   * with a non-ASCII domain converted to its IDNA form.
   */
  readonly stored: string;
  /**
   * The canonical form of the address, by which addresses are looked up, limited and claimed: lower case,
   * with the domain in its IDNA form.
   */
  readonly canonical: string;
}

/**
 * The maximum length of an address. By RFC 5321, 4.5.3.1.3, an address in angle brackets has at most 256
 * octets.
 */
const LONGEST = 254;
/** The maximum length of the part before the @: RFC 5321, 4.5.3.1.1. */
const LONGEST_LOCAL_PART = 64;
/**
 * The maximum length of a text that is parsed as an email address. A longer text is never valid, although the
 * IDNA conversion may shorten it.
 */
const LONGEST_INPUT = 320;

/**
 * Matches an ASCII Dot-string (RFC 5321, 4.1.2). Quoted strings do not match, because many mail systems do
 * not handle them correctly.
 */
const DOT_STRING = "[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+(?:\\.[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+)*";
const dotString = new RegExp(`^${DOT_STRING}$`);
/**
 * Matches the characters that a typed domain may contain. Without this check, `domainToASCII` would also
 * accept percent-encoding and ports.
 */
const typedDomain = /^[\p{L}\p{M}\p{N}.-]+$/u;
/** Matches a label of a domain: RFC 1034, 3.5 and RFC 1123, 2.1. */
const domainLabel = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** Matches a top-level domain. It must not be numeric (RFC 3696, 2), so IPv4 addresses do not match. */
const topLevelDomain = /^(?!localhost$)[a-z][a-z\d-]*[a-z\d]$/;

/**
 * Parses an address as a person types it: `local@domain`, possibly surrounded by spaces. The domain must have
 * at least two labels; `localhost` (RFC 6761) is refused.
 * @returns undefined if it is not a valid address
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
    // Mails are sent to the ASCII form of the domain, because mail programs convert non-ASCII domains
    // differently.
    stored: isAscii(domain) ? typed : `${local}@${ascii}`,
    canonical: `${local.toLowerCase()}@${ascii}`,
  };
}

/** The length of the shortest valid input, such as `a@b.ü`. */
const SHORTEST = 5;

/** The schema of an address in a request. Parsing it returns an `EmailAddress`. */
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
    // Spaces around an address are allowed, because parsing removes them.
    pattern: `^ *${DOT_STRING}@[^@ ]+\\.[^@ ]+ *$`,
    description: 'An email address: ASCII before the @, any domain name after it.',
  });

// Removes spaces at both ends. Line breaks and other control characters are refused rather than removed,
// because they suggest an attempt to inject mail headers.
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
