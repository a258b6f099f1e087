import { mergeTranslations, type TranslationsByLanguage } from '@latchkey/http';
import { guardTexts } from '@latchkey/tokens';
import type { PasswordFault } from '../passwords/rules.ts';
import { passwordFaultTexts } from './problems.ts';
import { germanTexts, passwordFaultTexts as passwordFaultsInGerman } from './texts.de.ts';
import { passwordFaultTexts as passwordFaultsInSpanish, spanishTexts } from './texts.es.ts';
import { frenchTexts, passwordFaultTexts as passwordFaultsInFrench } from './texts.fr.ts';
import { brazilianTexts, passwordFaultTexts as passwordFaultsInPortuguese } from './texts.pt-BR.ts';

/** Returns the translated texts about the rules for passwords, keyed by their English text. */
function byEnglish(translated: Record<PasswordFault, string>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(passwordFaultTexts).map(([fault, english]) => [
      english,
      translated[fault as PasswordFault],
    ]),
  );
}

/** The texts of all problems of auth's routes, by language. */
export const authTexts: TranslationsByLanguage = mergeTranslations(guardTexts, {
  de: { ...germanTexts, ...byEnglish(passwordFaultsInGerman) },
  fr: { ...frenchTexts, ...byEnglish(passwordFaultsInFrench) },
  es: { ...spanishTexts, ...byEnglish(passwordFaultsInSpanish) },
  pt: { ...brazilianTexts, ...byEnglish(passwordFaultsInPortuguese) },
});
