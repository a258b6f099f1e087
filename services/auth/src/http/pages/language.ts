/** The languages of auth's HTML pages. */
import { parseLocale } from '@latchkey/locale';
import { germanPageTexts } from './texts.de.ts';
import { englishPageTexts } from './texts.en.ts';
import { spanishPageTexts } from './texts.es.ts';
import { frenchPageTexts } from './texts.fr.ts';
import { brazilianPageTexts } from './texts.pt-BR.ts';
import type { PageTexts, PageTranslation } from './texts.ts';

/** The texts of the HTML pages by language. Portuguese readers outside Brazil get the Brazilian texts. */
const translations: Readonly<Record<string, PageTranslation>> = {
  de: germanPageTexts,
  fr: frenchPageTexts,
  es: spanishPageTexts,
  pt: brazilianPageTexts,
};

const languages: Readonly<Record<string, PageTexts>> = {
  en: englishPageTexts,
  ...Object.fromEntries(
    Object.entries(translations).map(([language, texts]) => [
      language,
      completed(englishPageTexts, texts) as PageTexts,
    ]),
  ),
};

/** A language in which HTML pages are rendered. */
export interface PageLanguage {
  /**
   * The language tag for the attribute `lang` and for `Intl`: the requested locale, or `en` if its language
   * has no texts.
   */
  readonly tag: string;
  readonly texts: PageTexts;
}

/**
 * Returns the texts of the HTML pages for a locale: the texts in the language of the locale, or the English
 * texts if there are none.
 */
export function getPageLanguage(locale: string): PageLanguage {
  const { tag, language } = parseLocale(locale);
  const texts = Object.hasOwn(languages, language) ? languages[language] : undefined;
  return texts === undefined ? { tag: 'en', texts: englishPageTexts } : { tag, texts };
}

/**
 * Returns the language and path of each text of the HTML pages that is not translated, for example `fr:
 * resetDone.again.closing`.
 */
export function findUntranslatedPageTexts(): readonly string[] {
  return Object.entries(translations).flatMap(([language, texts]) =>
    missingIn(englishPageTexts, texts).map((path) => `${language}: ${path}`),
  );
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a translation with its missing texts taken from the English original. */
function completed(original: unknown, translation: unknown): unknown {
  if (!isGroup(original) || !isGroup(translation)) return translation ?? original;
  return Object.fromEntries(
    Object.entries(original).map(([name, text]) => [name, completed(text, translation[name])]),
  );
}

function missingIn(original: unknown, translation: unknown, path = ''): readonly string[] {
  if (translation === undefined) return [path];
  if (!isGroup(original) || !isGroup(translation)) return [];
  return Object.entries(original).flatMap(([name, text]) =>
    missingIn(text, translation[name], path === '' ? name : `${path}.${name}`),
  );
}
