/**
 * Which passwords are taken. After NIST SP 800-63B-4, 3.1.1.2 and OWASP ASVS 5.0, 6.2: a length, no rules on
 * composition, and a list of what everybody tries first.
 */
import { readFileSync } from 'node:fs';
import { parseEmail } from './email.ts';

/** In code points after NFC. */
export const PASSWORD_LENGTH = { min: 8, max: 128 };
const COMMON = 10_000;

/** `own_words`: the account's own address or username, which are among the first guesses (ASVS 5.0, 6.2.11). */
export type PasswordFault = 'too_short' | 'too_long' | 'own_words' | 'common';

/** The form that is hashed: NFC, so that one password is one however a keyboard composes it. Never trimmed. */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/** The rule that a new password breaks, if any. */
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

/** The commonest of those that are long enough to be chosen (ASVS 5.0, 6.2.4). */
function readCommonPasswords(): ReadonlySet<string> {
  // Read rather than imported: an imported list of 49,000 would stay in memory whole.
  const file = new URL(import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json'));
  const byRank: readonly string[] = JSON.parse(readFileSync(file, 'utf8'));
  return new Set(byRank.filter((password) => password.length >= PASSWORD_LENGTH.min).slice(0, COMMON));
}
