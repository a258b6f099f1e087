/** Checks that every message of a problem in the source code has a translation in every language. */
import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { feedTexts } from '../libs/feed/src/index.ts';
import { generalTranslations } from '../libs/http/src/index.ts';
import {
  createTranslator,
  mergeTranslations,
  type TranslationsByLanguage,
} from '../libs/http/src/translate.ts';
import { guardTexts } from '../libs/tokens/src/index.ts';
import { authTexts } from '../services/auth/src/http/texts.ts';
import { userTexts } from '../services/user/src/http/texts.ts';

const SOURCES = [
  'libs/http/src/*.ts',
  'libs/feed/src/*.ts',
  'libs/guard/src/{*,revocations/*}.ts',
  'libs/tokens/src/*.ts',
  'libs/webhooks/src/{add-endpoint,endpoint,addresses,seal}.ts',
  'services/auth/src/http/{*,routes/*}.ts',
  'services/auth/src/addresses/email.ts',
  'services/user/src/http/*.ts',
];

const LITERAL = /(?<text>'(?:[^'\\\n]|\\.)*'|`[^`\n]*`)/.source;

/** Patterns of the places in the source code that contain a message for clients. */
const PLACES = [
  String.raw`\b(?:detail|message): `,
  String.raw`\b(?:createUnavailableProblem|RevocationsUnavailable|fail)\(\s*`,
  String.raw`new EndpointRefusedError\(\s*'[\w-]+',\s*`,
  String.raw`\.(?:regex|refine|min|max|check)\((?:[^\n]*|\s*[^\n]*\n\s*), `,
  String.raw`\breturn (?=['\`](?:must|is|has) )`,
].map((place) => new RegExp(`${place}${LITERAL}`, 'g'));

/**
 * Matches lines whose texts need no translation, because the texts are not problem messages: texts of successful
 * responses, and states in `/readyz`.
 */
const OTHERS = /body: \{|state: '|Access to/;

async function messagesIn(path: string): Promise<readonly string[]> {
  const source = await readFile(path, 'utf8');
  return (
    PLACES.flatMap((place) => [...source.matchAll(place)])
      .filter(({ index }) => !OTHERS.test(lineAt(source, index)))
      .map(({ groups }) => (groups?.['text'] ?? '').slice(1, -1).replaceAll(/\$\{[^}]*\}/g, '7'))
      // Ignore texts without a space: the pattern for checks of formats also matches names, such as `ipv4`.
      .filter((text) => text.includes(' '))
  );
}

function lineAt(source: string, index: number): string {
  const begin = source.lastIndexOf('\n', index) + 1;
  const before = source.lastIndexOf('\n', begin - 2) + 1;
  return source.slice(before, source.indexOf('\n', index));
}

test('every message of a problem has a translation in every language', async () => {
  const languages = mergeTranslations(generalTranslations, guardTexts, feedTexts, authTexts, userTexts);
  assert.deepEqual(Object.keys(languages).sort(), ['de', 'es', 'fr', 'pt']);
  const untranslated: string[] = [];
  let count = 0;
  for await (const path of glob(SOURCES)) {
    if (/\.(?:test|cluster)\.ts$|texts/.test(path)) continue;
    for (const message of await messagesIn(path)) {
      count += 1;
      for (const [language, catalogue] of Object.entries(languages))
        if (createTranslator(catalogue)(message) === message)
          untranslated.push(`${language}: ${path}: ${message}`);
    }
  }
  assert.deepEqual(untranslated, []);
  assert.ok(count > 50, `only ${count} messages were found`);
});

test('a message that the guards and the services share has the same translations', () => {
  const general: TranslationsByLanguage = generalTranslations;
  for (const [language, catalogue] of Object.entries(guardTexts))
    for (const [english, translation] of Object.entries(catalogue))
      assert.equal(general[language]?.[english] ?? translation, translation, `${language}: ${english}`);
});
