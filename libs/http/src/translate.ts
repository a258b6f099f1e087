/** Translates the messages of the API. Codes are the same in every language. */

/**
 * Maps English texts to their translations. `{name}` in a text is a placeholder for any value. If the
 * catalogue also contains the value itself, the translated text contains the translated value.
 */
export type TranslationCatalogue = Readonly<Record<string, string>>;

/** Catalogues of translations by language, for example `de`. English has no catalogue. */
export type TranslationsByLanguage = Readonly<Record<string, TranslationCatalogue>>;

export type Translate = (text: string) => string;

/** Merges translations of several sources, by language. */
export function mergeTranslations(...sources: readonly TranslationsByLanguage[]): TranslationsByLanguage {
  const languages = new Set(sources.flatMap((texts) => Object.keys(texts)));
  return Object.fromEntries(
    [...languages].map((language) => [
      language,
      Object.assign({}, ...sources.map((texts) => texts[language])),
    ]),
  );
}

/** Creates a translator. If the catalogue does not contain a text, the translator returns it unchanged. */
export function createTranslator(catalogue: TranslationCatalogue): Translate {
  const patterns = Object.entries(catalogue)
    .filter(([english]) => english.includes('{'))
    .map(([english, translation]) => ({ pattern: patternOf(english), translation }));

  function translate(text: string): string {
    const exact = Object.hasOwn(catalogue, text) ? catalogue[text] : undefined;
    if (exact !== undefined) return exact;
    for (const { pattern, translation } of patterns) {
      const values = pattern.exec(text)?.groups;
      if (values !== undefined)
        return translation.replaceAll(/\{(\w+)\}/g, (_, name: string) => translate(values[name] ?? ''));
    }
    return text;
  }
  return translate;
}

function patternOf(english: string): RegExp {
  const parts = english.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return name === undefined ? RegExp.escape(part) : `(?<${name}>.+?)`;
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}
