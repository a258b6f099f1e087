/** The general messages of the API in all languages. */
import { germanTexts } from './texts.de.ts';
import { spanishTexts } from './texts.es.ts';
import { frenchTexts } from './texts.fr.ts';
import { portugueseTexts } from './texts.pt-BR.ts';
import type { TranslationsByLanguage } from './translate.ts';

export const generalTranslations: TranslationsByLanguage = {
  de: germanTexts,
  fr: frenchTexts,
  es: spanishTexts,
  pt: portugueseTexts,
};
