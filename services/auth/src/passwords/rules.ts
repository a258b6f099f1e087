/**
 * Rules for new passwords, after NIST SP 800-63B-4, 3.1.1.2 and OWASP ASVS 5.0, 6.2: a length, no composition
 * rules, and a list of common passwords.
 */
import { readFileSync } from 'node:fs';
import { parseEmail } from '../addresses/email.ts';

/** In code points after NFC. */
export const PASSWORD_LENGTH = { min: 8, max: 128 };
const COMMON = 10_000;

/** `own_words`: the account's own address or username, which are among the first guesses (ASVS 5.0, 6.2.11). */
export type PasswordFault = 'too_short' | 'too_long' | 'own_words' | 'common';

/** Returns the form that is hashed: NFC, so that it is the same on every keyboard. Never trimmed. */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/** Returns the rule that a new password violates, if any. */
export function passwordFault(
  password: string,
  owner: { readonly email: string; readonly username: string },
): PasswordFault | undefined {
  const normal = normalisePassword(password);
  const length = [...normal].length;
  if (length < PASSWORD_LENGTH.min) return 'too_short';
  if (length > PASSWORD_LENGTH.max) return 'too_long';
  const folded = normal.toLowerCase();
  if (wordsOf(owner).has(folded)) return 'own_words';
  if (isCommon(folded)) return 'common';
  return undefined;
}

function wordsOf({
  email,
  username,
}: {
  readonly email: string;
  readonly username: string;
}): ReadonlySet<string> {
  const canonical = parseEmail(email)?.canonical ?? '';
  const forms = [email.trim(), canonical, localPart(canonical), username];
  return new Set(forms.map((form) => normalisePassword(form).toLowerCase()));
}

function localPart(address: string): string {
  return address.slice(0, Math.max(address.lastIndexOf('@'), 0));
}

let commonPasswords: ReadonlySet<string> | undefined;

function isCommon(folded: string): boolean {
  commonPasswords ??= readCommonPasswords();
  return commonPasswords.has(folded);
}

/** Reads the most common passwords of sufficient length (ASVS 5.0, 6.2.4). */
function readCommonPasswords(): ReadonlySet<string> {
  // Read rather than imported, because an import would keep all 49,000 in memory.
  const file = new URL(import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json'));
  const byRank: readonly string[] = JSON.parse(readFileSync(file, 'utf8'));
  return new Set(byRank.filter((password) => password.length >= PASSWORD_LENGTH.min).slice(0, COMMON));
}
