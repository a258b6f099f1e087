/** The languages of the pages. */
import { parseLocale } from '@latchkey/locale';
import { de } from './texts.de.ts';
import { en } from './texts.en.ts';
import type { Texts } from './texts.ts';

const languages: Readonly<Record<string, Texts>> = { en, de };

export interface Language {
  /** For `lang` and `Intl`: the reader's locale, or `en` if its language has no texts. */
  readonly tag: string;
  readonly texts: Texts;
}

/** Returns the texts for a reader; English if there are none in the language of `locale`. */
export function languageFor(locale: string): Language {
  const { tag, language } = parseLocale(locale);
  const texts = languages[language];
  return texts === undefined ? { tag: 'en', texts: en } : { tag, texts };
}
