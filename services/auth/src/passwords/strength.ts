/** Estimates with zxcvbn-ts how easy a password is to guess. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The reason why a password is easy to guess. */
export type PasswordWeakness = 'own_words' | 'common' | 'repeated' | 'sequence' | 'guessable';

/**
 * The minimum score, on zxcvbn's scale from 0 to 4. Passwords with this score withstand an offline attack on
 * a slow hash (https://github.com/dropbox/zxcvbn#usage).
 */
const LEAST_SCORE = 3;
/**
 * The number of common passwords that the estimator knows. A longer list would take more memory, and would
 * refuse hardly any further password.
 */
const COMMON = 30_000;
/**
 * The zxcvbn packages whose words and names the estimator knows. English is left out, because most English
 * words that people choose are among the common passwords.
 */
const LANGUAGES = ['de', 'es-es', 'fr', 'it', 'pt-br'] as const;
/** How many entries of each list the estimator knows, per language. Longer lists would take more memory. */
const LISTS = { commonWords: 10_000, firstnames: 3000, lastnames: 3000 } as const;
const SHORTEST_WORD = 3;
/**
 * The estimate uses only this many leading characters, which takes about 5 ms. Estimating a password of
 * maximum length would take three times as long.
 */
const ESTIMATED_LENGTH = 40;
const MAX_SUBSTITUTIONS = 8;

const weaknesses: Readonly<Record<string, PasswordWeakness>> = {
  userInputs: 'own_words',
  simpleRepeat: 'repeated',
  extendedRepeat: 'repeated',
  sequences: 'sequence',
  straightRow: 'sequence',
  keyPattern: 'sequence',
  dates: 'sequence',
  recentYears: 'sequence',
  topTen: 'common',
  topHundred: 'common',
  common: 'common',
  similarToCommon: 'common',
};

/**
 * Returns the reason why a password is easy to guess; undefined if it is not.
 * @param ownWords words that belong to the account, such as its username
 */
export function findPasswordWeakness(
  password: string,
  ownWords: readonly string[],
): PasswordWeakness | undefined {
  const estimated = [...password].slice(0, ESTIMATED_LENGTH).join('');
  const { score, feedback } = estimator().check(estimated, [...ownWords]);
  return score < LEAST_SCORE ? (weaknesses[feedback.warning ?? ''] ?? 'guessable') : undefined;
}

type Core = typeof import('@zxcvbn-ts/core');

let loaded: InstanceType<Core['ZxcvbnFactory']> | undefined;

/**
 * Returns the estimator. It is loaded lazily, because loading blocks the process for about 150 ms and takes
 * 25 MB.
 */
function estimator(): InstanceType<Core['ZxcvbnFactory']> {
  if (loaded !== undefined) return loaded;
  const { ZxcvbnFactory }: Core = createRequire(import.meta.url)('@zxcvbn-ts/core');
  // Reads the JSON files directly, because importing the packages would decompress all of their words.
  const passwords: string[] = read('common', 'passwords');
  loaded = new ZxcvbnFactory({
    dictionary: { passwords: passwords.slice(0, COMMON), words: wordsOfLanguages() },
    graphs: read('common', 'adjacencyGraphs'),
    l33tMaxSubstitutions: MAX_SUBSTITUTIONS,
  });
  return loaded;
}

/**
 * Returns the words and names of all languages, most frequent first. They are one list, because an estimate
 * takes time for each list.
 */
function wordsOfLanguages(): string[] {
  const lists = LANGUAGES.flatMap((language) =>
    Object.entries(LISTS).map(([list, length]) => readFirst(language, list, length)),
  );
  const words = new Set<string>();
  for (let rank = 0; rank < LISTS.commonWords; rank += 1) {
    for (const list of lists) addWord(words, list[rank]);
  }
  return [...words];
}

/** Adds a word and, because a keyboard may lack accents and ß, the spelling without them. */
function addWord(words: Set<string>, word = ''): void {
  if (word.length < SHORTEST_WORD) return;
  const composed = word.normalize('NFC');
  words.add(composed);
  if (/[^ -~]/.test(composed))
    words.add(composed.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('ß', 'ss'));
}

function read(language: string, list: string) {
  return JSON.parse(textOf(language, list));
}

/** Reads the first words of a list. Parsing the whole list would take memory that the process keeps. */
function readFirst(language: string, list: string, length: number): readonly string[] {
  const text = textOf(language, list).trimEnd();
  const first = text.split(',', length).join(',');
  return JSON.parse(first.length < text.length ? `${first}]` : first);
}

function textOf(language: string, list: string): string {
  const file = import.meta.resolve(`@zxcvbn-ts/language-${language}/src/${list}.json`);
  return readFileSync(new URL(file), 'utf8');
}
