/**
 * `npm run languages`: lists the strings that have no translation in some language, and are therefore shown in English.
 * Fails if there are any.
 */
import { feedTexts } from '../libs/feed/src/index.ts';
import { generalTranslations, type TranslationsByLanguage } from '../libs/http/src/index.ts';
import { guardTexts } from '../libs/tokens/src/index.ts';
import { findUntranslatedPageTexts } from '../services/auth/src/http/pages/language.ts';
import { authTexts } from '../services/auth/src/http/texts.ts';
import { allMailDefinitions } from '../services/notifier/mails/index.ts';
import { loadMailTemplates } from '../services/notifier/src/mails/templates.ts';
import { userTexts } from '../services/user/src/http/texts.ts';

const MAIL_LOCALES = ['de', 'fr', 'es', 'pt-BR'];

/**
 * Returns the texts that are translated to German but not to some other language. The German translation is complete,
 * because its type requires every text.
 */
function missingIn(where: string, { de = {}, ...others }: TranslationsByLanguage): readonly string[] {
  return Object.entries(others).flatMap(([language, texts]) =>
    Object.keys(de)
      .filter((english) => texts[english] === undefined)
      .map((english) => `${language}: ${where}: ${english}`),
  );
}

const templates = await loadMailTemplates();
const missing = [
  ...findUntranslatedPageTexts().map((line) => line.replace(': ', ': page: ')),
  ...missingIn('general', generalTranslations),
  ...missingIn('guards', guardTexts),
  ...missingIn('feed', feedTexts),
  ...missingIn('auth', authTexts),
  ...missingIn('user', userTexts),
  ...allMailDefinitions.flatMap(({ name }) =>
    MAIL_LOCALES.filter((locale) => !templates.locales(name).includes(locale)).map(
      (locale) => `${locale}: mail: ${name}`,
    ),
  ),
];
for (const line of missing) console.log(line);
console.log(
  missing.length === 0 ? 'Every text is there in every language.' : `${missing.length} are missing.`,
);
process.exitCode = missing.length === 0 ? 0 : 1;
