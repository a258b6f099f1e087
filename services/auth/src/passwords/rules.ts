/**
 * Rules for new passwords, after NIST SP 800-63B-4, 3.1.1.2 and OWASP ASVS 5.0, 6.2: a minimum length, no composition
 * rules, an estimate of how easy a password is to guess, and a file of passwords known from breaches.
 */
import { parseEmail } from '../addresses/email.ts';
import { findWeakness, type Weakness } from './strength.ts';

/** The maximum length of a password, in code points after NFC. */
export const MAX_PASSWORD_LENGTH = 128;

/**
 * The rule that a new password breaks. `own_words`: the password consists of the account's address, username or names,
 * or of the name of the service (ASVS 5.0, 6.2.11).
 */
export type PasswordFault = LengthFault | 'breached' | Weakness;

type LengthFault = 'too_short' | 'too_long';

export interface PasswordOwner {
  readonly email: string;
  readonly username: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
}

export interface PasswordRules {
  /** The minimum length of a password, in code points after NFC. */
  readonly minLength: number;
  /** Returns whether a new password is too short or too long. */
  lengthFault(password: string): LengthFault | undefined;
  /** Returns the rule that a new password breaks, if any. Blocks the process for some milliseconds. */
  fault(password: string, owner: PasswordOwner): PasswordFault | undefined;
}

/** Returns the form that is hashed: NFC, so that every keyboard gives the same text. Never trimmed. */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/**
 * Creates the rules.
 * @param options.serviceName the name that the service shows to people, which is an obvious password for it
 * @param options.isBreached returns whether a password is known from breaches
 */
export function createPasswordRules(options: {
  readonly minLength: number;
  readonly serviceName: string;
  isBreached?(password: string): boolean;
}): PasswordRules {
  const { minLength, serviceName, isBreached = () => false } = options;
  function lengthFault(password: string): LengthFault | undefined {
    const { length } = [...normalisePassword(password)];
    if (length < minLength) return 'too_short';
    return length > MAX_PASSWORD_LENGTH ? 'too_long' : undefined;
  }
  function weakness(password: string, owner: PasswordOwner): PasswordFault | undefined {
    const normal = normalisePassword(password);
    return (
      findWeakness(normal, ownWords(owner, serviceName)) ?? (isBreached(normal) ? 'breached' : undefined)
    );
  }
  return {
    minLength,
    lengthFault,
    fault: (password, owner) => lengthFault(password) ?? weakness(password, owner),
  };
}

const SHORTEST_WORD = 3;

/** Returns the address (as typed and in its canonical form) and all names, each whole and in parts. */
function ownWords(
  { email, username, firstName = '', lastName = '' }: PasswordOwner,
  serviceName: string,
): readonly string[] {
  const canonical = parseEmail(email)?.canonical ?? '';
  const addresses = [email.trim(), canonical, localPart(email.trim()), localPart(canonical)];
  const names = [username, firstName, lastName, `${firstName} ${lastName}`, `${lastName} ${firstName}`];
  const whole = [...addresses, ...names, serviceName];
  const words = whole.flatMap((text) => [text, text.replaceAll(SEPARATORS, ''), ...text.split(SEPARATORS)]);
  const folded = words.map((word) => normalisePassword(word).toLowerCase());
  return [...new Set(folded.filter((word) => word.length >= SHORTEST_WORD))];
}

const SEPARATORS = /[^\p{L}\p{N}]+/gu;

function localPart(address: string): string {
  return address.slice(0, Math.max(address.lastIndexOf('@'), 0));
}
