/** E-mail addresses: which ones are taken, how they are stored, and when two of them are the same. */
import { domainToASCII } from 'node:url';
import { z } from 'zod';

export interface EmailAddress {
  /** Where mail goes: as it was typed, but for spaces around it; a domain that is not ASCII in its IDNA form. */
  readonly stored: string;
  /** What look-ups, limits and claims go by: in lower case, the domain in its IDNA form. Nothing is folded. */
  readonly canonical: string;
}

/** RFC 5321, 4.5.3.1.3: a path has at most 256 octets, the angle brackets included. */
const LONGEST = 254;
/** RFC 5321, 4.5.3.1.1. */
const LONGEST_LOCAL_PART = 64;
/** More than any address that is left after IDNA, which may shorten or lengthen it, so that nothing long is looked at. */
const LONGEST_INPUT = 320;

/** RFC 5321, 4.1.2: a Dot-string of ASCII; no quoted strings, whose spaces and quotes mail systems get wrong. */
const dotString = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** What may be typed as a domain: `domainToASCII` would read more into it, such as percent-encoding and ports. */
const typedDomain = /^[\p{L}\p{M}\p{N}.-]+$/u;
/** RFC 1034, 3.5 and RFC 1123, 2.1. */
const domainLabel = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** RFC 3696, 2: a top-level domain is not all digits; so no IPv4 address is taken for a domain either. */
const topLevelDomain = /^(?!localhost$)[a-z][a-z\d-]*[a-z\d]$/;

/**
 * Reads an address as a person would type it: `local@domain`, nothing around it but spaces. The domain has two
 * labels or more; names of the machine itself (`localhost`, RFC 6761) are refused.
 * @returns undefined for anything else.
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
    // Mail software has its own idea of IDNA: what is stored must lead where the canonical form says.
    stored: isAscii(domain) ? typed : `${local}@${ascii}`,
    canonical: `${local.toLowerCase()}@${ascii}`,
  };
}

/** An address in a request body; parsed, it has both its forms. */
export const emailAddress = z
  .string()
  .max(LONGEST_INPUT)
  .transform((text, context) => {
    const address = parseEmail(text);
    if (address !== undefined) return address;
    context.addIssue({ code: 'custom', message: 'must be an e-mail address, such as ada@example.com' });
    return z.NEVER;
  })
  .meta({
    format: 'email',
    description: 'An e-mail address: ASCII before the @, any domain name behind it.',
  });

// Line breaks and other control characters are not trimmed but refused: they come from attempts to inject headers.
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
