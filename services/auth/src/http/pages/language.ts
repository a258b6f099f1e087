/** The languages of the pages. */
import { parseLocale } from '@latchkey/locale';
import { de } from './texts.de.ts';
import { en } from './texts.en.ts';
import { es } from './texts.es.ts';
import { fr } from './texts.fr.ts';
import { ptBR } from './texts.pt-BR.ts';
import type { PageTexts, PageTranslation } from './texts.ts';

/** The texts by language. Portuguese readers outside Brazil get the Brazilian texts. */
const translations: Readonly<Record<string, PageTranslation>> = { de, fr, es, pt: ptBR };

const languages: Readonly<Record<string, PageTexts>> = {
  en,
  ...Object.fromEntries(
    Object.entries(translations).map(([language, texts]) => [language, completed(en, texts) as PageTexts]),
  ),
};

/** A language in which pages are rendered. */
export interface Language {
  /**
   * The language tag for the attribute `lang` and for `Intl`: the requested locale, or `en` if its language
   * has no texts.
   */
  readonly tag: string;
  readonly texts: PageTexts;
}

/** Returns the texts for a locale: those of its language, or the English ones if there are none. */
export function languageFor(locale: string): Language {
  const { tag, language } = parseLocale(locale);
  const texts = Object.hasOwn(languages, language) ? languages[language] : undefined;
  return texts === undefined ? { tag: 'en', texts: en } : { tag, texts };
}

/** Returns the language and path of each untranslated text, for example `fr: resetDone.again.closing`. */
export function missingTexts(): readonly string[] {
  return Object.entries(translations).flatMap(([language, texts]) =>
    missingIn(en, texts).map((path) => `${language}: ${path}`),
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
