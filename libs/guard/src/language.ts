/** Selects the language of refusals, from the same languages as those of Latchkey's services. */
import { parseAcceptLanguage, parseLocale } from '@latchkey/locale';
import { guardTexts } from '@latchkey/tokens';

/** The texts of refusals in one language. */
export interface RefusalTexts {
  /** The language of the texts, for example `de`. */
  readonly language: string;
  /** Translates an English text. A text without a translation stays as it is. */
  translate(text: string): string;
}

const ENGLISH = 'en';
const catalogues = new Map<string, Readonly<Record<string, string>>>([
  [ENGLISH, {}],
  ...Object.entries(guardTexts),
]);

/** Returns the texts of refusals in the available language that the client prefers most. Default: English. */
export function selectRefusalTexts(acceptLanguage: string | undefined): RefusalTexts {
  const language =
    parseAcceptLanguage(acceptLanguage)
      .map((locale) => parseLocale(locale).language)
      .find((each) => catalogues.has(each)) ?? ENGLISH;
  const catalogue = catalogues.get(language) ?? {};
  return {
    language,
    translate: (text) => (Object.hasOwn(catalogue, text) ? catalogue[text] : undefined) ?? text,
  };
}
