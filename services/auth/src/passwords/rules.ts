/**
 * Rules for new passwords, following NIST SP 800-63B-4, section 3.1.1.2, and OWASP ASVS 5.0, section 6.2: a
 * minimum length, no composition rules, an estimate of how easy the password is to guess, and a list of
 * breached passwords.
 */
import { parseEmail } from '../addresses/email.ts';
import { findPasswordWeakness, type PasswordWeakness } from './strength.ts';

/** The maximum length of a password, in code points after Unicode normalisation (NFC). */
export const MAX_PASSWORD_LENGTH = 128;

/**
 * The rule that a new password violates. `own_words` means that the password is based on the account's
 * address, username or names, or on the name of the service (ASVS 5.0, 6.2.11).
 */
export type PasswordFault = LengthFault | 'breached' | PasswordWeakness;

type LengthFault = 'too_short' | 'too_long';

/** The data of an account that must not be part of its password. */
export interface PasswordOwner {
  readonly email: string;
  readonly username: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
}

export interface PasswordRules {
  /** The minimum length of a password, in code points after Unicode normalisation (NFC). */
  readonly minLength: number;
  /** Returns the length limit that a new password violates; undefined if its length is allowed. */
  lengthFault(password: string): LengthFault | undefined;
  /**
   * Returns the rule that a new password violates; undefined if it violates none. Blocks the process for some
   * milliseconds. The first calls in a process take longer, because they load the lists of words; other work
   * can run while the lists are loaded.
   */
  fault(password: string, owner: PasswordOwner): Promise<PasswordFault | undefined>;
}

/**
 * Normalises a password to Unicode NFC before it is hashed. Keyboards may encode the same character in
 * different ways, and the hash must not depend on that. White space is not trimmed.
 */
export function normalizePassword(password: string): string {
  return password.normalize('NFC');
}

/**
 * Creates the rules for new passwords.
 * @param options.serviceName the name that the service shows to people; passwords must not be based on it
 * @param options.isBreached returns whether a password is known from a data breach
 */
export function createPasswordRules(options: {
  readonly minLength: number;
  readonly serviceName: string;
  isBreached?(password: string): boolean;
}): PasswordRules {
  const { minLength, serviceName, isBreached = () => false } = options;
  function lengthFault(password: string): LengthFault | undefined {
    const { length } = [...normalizePassword(password)];
    if (length < minLength) return 'too_short';
    return length > MAX_PASSWORD_LENGTH ? 'too_long' : undefined;
  }
  async function weakness(password: string, owner: PasswordOwner): Promise<PasswordFault | undefined> {
    const normal = normalizePassword(password);
    return (
      (await findPasswordWeakness(normal, ownWords(owner, serviceName))) ??
      (isBreached(normal) ? 'breached' : undefined)
    );
  }
  return {
    minLength,
    lengthFault,
    fault: async (password, owner) => lengthFault(password) ?? (await weakness(password, owner)),
  };
}

const SHORTEST_WORD = 3;

/**
 * Returns the words that a password must not be based on: the address, as typed and in canonical form, and
 * all names. Each of them is returned as a whole and split into parts.
 */
function ownWords(
  { email, username, firstName = '', lastName = '' }: PasswordOwner,
  serviceName: string,
): readonly string[] {
  const canonical = parseEmail(email)?.canonical ?? '';
  const addresses = [email.trim(), canonical, localPart(email.trim()), localPart(canonical)];
  const names = [username, firstName, lastName, `${firstName} ${lastName}`, `${lastName} ${firstName}`];
  const whole = [...addresses, ...names, serviceName];
  const words = whole.flatMap((text) => [text, text.replaceAll(SEPARATORS, ''), ...text.split(SEPARATORS)]);
  const folded = words.map((word) => normalizePassword(word).toLowerCase());
  return [...new Set(folded.filter((word) => word.length >= SHORTEST_WORD))];
}

const SEPARATORS = /[^\p{L}\p{N}]+/gu;

function localPart(address: string): string {
  return address.slice(0, Math.max(address.lastIndexOf('@'), 0));
}
