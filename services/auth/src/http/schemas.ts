/** Schemas of personal data in requests. */
import { parseAcceptLanguage } from '@latchkey/locale';
import { z } from 'zod';
import { MAX_PASSWORD_LENGTH, type PasswordRules } from '../passwords/rules.ts';

export const usernameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{3,32}$/, 'must be 3 to 32 letters, digits, underscores or hyphens')
  .meta({ description: 'Visible to others. Not unique; not used to sign in.' });

const LONGEST_NAME = 64;
/**
 * Matches control characters, line breaks, lone surrogates, invisible characters, and characters that change
 * the text direction (Unicode TR 36, 2). Zero-width joiners and non-joiners are allowed here and checked by
 * `strayJoiner`.
 */
const unfitForNames = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--[\u200c\u200d]]/v;
/**
 * Matches a zero-width joiner or non-joiner in a place where no script needs it. Scripts need them between
 * letters (as in Persian), between the parts of an emoji, or after a mark (as in Malayalam).
 */
const strayJoiner = /(?<![\p{L}\p{M}\p{S}])[\u200c\u200d]|(?<!\p{M})[\u200c\u200d](?![\p{L}\p{M}\p{S}])/u;
/**
 * Matches a visible character. U+2800 is excluded, because it is a blank, although Unicode classifies it as a
 * symbol.
 */
const visible = /[[\p{L}\p{N}\p{P}\p{S}]--\p{Default_Ignorable_Code_Point}--\u2800]/v;

/**
 * The schema of a first or last name in any script: 1 to 64 code points after trimming and NFC, on one line,
 * with at least one visible character. The schemas of events also allow invisible characters, because earlier
 * releases accepted them.
 */
export const personNameSchema = z
  .string()
  .max(4 * LONGEST_NAME)
  .refine((name) => !unfitForNames.test(name) && !strayJoiner.test(name), 'must be plain text on one line')
  .overwrite((name) => name.trim().normalize('NFC'))
  .refine(
    (name) => visible.test(name) && [...name].length <= LONGEST_NAME,
    `must have 1 to ${LONGEST_NAME} characters besides leading and trailing spaces`,
  )
  .meta({
    minLength: 1,
    description: `A name in any script on one line, 1 to ${LONGEST_NAME} characters after trimming.`,
  });

const LONGEST_LOCALE = 35;

/** The schema of a language tag (BCP 47), which is converted to the canonical form of `Intl`. */
export const localeTagSchema = z
  .string()
  .max(LONGEST_LOCALE)
  .transform((tag, context) => {
    const canonical = canonicalLocale(tag);
    if (canonical !== undefined) return canonical;
    context.addIssue({ code: 'custom', message: 'must be a language tag, such as en or de-AT' });
    return z.NEVER;
  })
  .meta({
    minLength: 2,
    pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$',
    description: 'A language tag (BCP 47), such as en or de-AT.',
  });

/**
 * The maximum length of a password before normalization; longer passwords are refused. A password of 128 code
 * points always fits, even if its characters are decomposed.
 */
const LONGEST_PASSWORD_TEXT = 1024;

/**
 * The schema of a password as typed at sign-up and login: any text on one line. The rules for new passwords
 * are in `PasswordRules`.
 */
export const passwordTextSchema = z
  .string()
  .min(1)
  .max(LONGEST_PASSWORD_TEXT)
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'must not contain control characters')
  .meta({ format: 'password', description: 'Used as typed, never trimmed.' });

/**
 * Creates the schema of a new password, with its limits for the OpenAPI document. `PasswordRules` enforces
 * the rules.
 * @param minLength in code points
 */
export function createNewPasswordSchema({ minLength }: Pick<PasswordRules, 'minLength'>) {
  return passwordTextSchema.meta({
    format: 'password',
    minLength,
    maxLength: MAX_PASSWORD_LENGTH,
    description:
      'A new password, used as typed, never trimmed. No composition rules, but it must be hard to guess: not a common or breached password, not made of the email address or the username, no repetitions or sequences. Refused as `password_too_weak`, with the rule as the `code` of the field.',
  });
}

const FALLBACK_LOCALE = 'en';

/**
 * Returns the preferred language of Accept-Language (RFC 9110, 12.5.4) as a canonical language tag; `en` if
 * there is none.
 */
export function negotiateLocale(acceptLanguage: string | undefined): string {
  return (
    parseAcceptLanguage(acceptLanguage).find((locale) => locale.length <= LONGEST_LOCALE) ?? FALLBACK_LOCALE
  );
}

function canonicalLocale(tag: string): string | undefined {
  try {
    const [canonical = ''] = Intl.getCanonicalLocales(tag);
    return canonical === '' || canonical.length > LONGEST_LOCALE ? undefined : canonical;
  } catch {
    return undefined;
  }
}
