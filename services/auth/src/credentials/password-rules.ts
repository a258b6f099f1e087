/**
 * Which passwords are taken. After NIST SP 800-63B-4, 3.1.1.2 and OWASP ASVS 5.0, 6.2: a length, no rules on
 * composition, and a list of what everybody tries first.
 */
import { readFileSync } from 'node:fs';
import { parseEmail } from './email.ts';

const SHORTEST = 8;
const LONGEST = 128;
const COMMON = 10_000;

/** The form that is hashed: NFC, so that one password is one however a keyboard composes it. Never trimmed. */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/**
 * What is wrong with a new password, as a sentence for its owner, or undefined. Lengths are counted in code
 * points after NFC.
 * @param owner the account's own words, which are among the first guesses (ASVS 5.0, 6.2.11).
 */
export function passwordFault(
  password: string,
  owner: { readonly email: string; readonly username: string },
): string | undefined {
  const normal = normalisePassword(password);
  const length = [...normal].length;
  if (length < SHORTEST) return `The password must have at least ${SHORTEST} characters.`;
  if (length > LONGEST) return `The password must have at most ${LONGEST} characters.`;
  const folded = normal.toLowerCase();
  if (wordsOf(owner).has(folded)) return 'The password must be neither the e-mail address nor the username.';
  if (isCommon(folded)) return 'The password is one of the most common ones. Choose another.';
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
  return new Set(byRank.filter((password) => password.length >= SHORTEST).slice(0, COMMON));
}
