/**
 * Parses language tags (BCP 47), and determines which languages to try if there is no translation into the
 * requested language.
 */

export interface ParsedLocale {
  /** The tag in canonical form, without extensions, for example `de-AT`. */
  readonly tag: string;
  /** The language of the tag, for example `de`. */
  readonly language: string;
}

const ENGLISH: ParsedLocale = { tag: 'en', language: 'en' };

/** Parses a language tag. If the tag is malformed, returns English. */
export function parseLocale(locale: string): ParsedLocale {
  try {
    const { baseName, language } = new Intl.Locale(locale);
    return { tag: baseName, language };
  } catch {
    return ENGLISH;
  }
}

/**
 * Returns the locales for which to look for a translation, in this order: the exact tag, its language,
 * English.
 */
export function listFallbackLocales(locale: string): readonly string[] {
  const { tag, language } = parseLocale(locale);
  return [...new Set([tag, language, ENGLISH.tag])];
}
