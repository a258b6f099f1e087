/** The general messages of the API in all languages. */
import { de } from './texts.de.ts';
import { es } from './texts.es.ts';
import { fr } from './texts.fr.ts';
import { pt } from './texts.pt-BR.ts';
import type { Texts } from './translate.ts';

export const generalTexts: Texts = { de, fr, es, pt };
