/** The languages of the pages. */
import { parseLocale } from '@latchkey/locale';
import { germanPageTexts } from './texts.de.ts';
import { englishPageTexts } from './texts.en.ts';
import { spanishPageTexts } from './texts.es.ts';
import { frenchPageTexts } from './texts.fr.ts';
import { brazilianPageTexts } from './texts.pt-BR.ts';
import type { PageTexts, PageTranslation } from './texts.ts';

/** The texts by language. Portuguese readers outside Brazil get the Brazilian texts. */
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

/** A language in which pages are rendered. */
export interface PageLanguage {
  /**
   * The language tag for the attribute `lang` and for `Intl`: the requested locale, or `en` if its language
   * has no texts.
   */
  readonly tag: string;
  readonly texts: PageTexts;
}

/** Returns the texts for a locale: those of its language, or the English ones if there are none. */
export function getPageLanguage(locale: string): PageLanguage {
  const { tag, language } = parseLocale(locale);
  const texts = Object.hasOwn(languages, language) ? languages[language] : undefined;
  return texts === undefined ? { tag: 'en', texts: englishPageTexts } : { tag, texts };
}

/** Returns the language and path of each untranslated text, for example `fr: resetDone.again.closing`. */
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
