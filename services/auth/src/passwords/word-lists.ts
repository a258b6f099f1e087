/** Reads the lists of common passwords, words and names, and the layouts of keyboards, that zxcvbn-ts provides. */
import { readFileSync } from 'node:fs';

/**
 * The number of common passwords that are read. A longer list would take more memory, and would refuse hardly
 * any further password.
 */
const COMMON = 30_000;
/**
 * The zxcvbn packages whose words and names are read. English is left out, because most English words that
 * people choose are among the common passwords.
 */
const LANGUAGES = ['de', 'es-es', 'fr', 'it', 'pt-br'] as const;
/** How many entries of each list are read, per language. Longer lists would take more memory. */
const LISTS = { commonWords: 10_000, firstnames: 3000, lastnames: 3000 } as const;
const SHORTEST_WORD = 3;

/** For each keyboard, the keys next to each character. A key is the string of the characters on that key. */
export type KeyboardGraphs = Record<string, Record<string, (string | null)[]>>;

/** Returns the most common passwords, most frequent first. */
export function readCommonPasswords(): readonly string[] {
  const passwords: string[] = read('common', 'passwords');
  return passwords.slice(0, COMMON);
}

export function readKeyboardGraphs(): KeyboardGraphs {
  return read('common', 'adjacencyGraphs');
}

/**
 * Returns the words and names of all languages, most frequent first. They are one list, because zxcvbn needs
 * time for each list.
 */
export function readWords(): readonly string[] {
  const lists = LANGUAGES.flatMap((language) =>
    Object.entries(LISTS).map(([list, length]) => readFirst(language, list, length)),
  );
  const words = new Set<string>();
  for (let rank = 0; rank < LISTS.commonWords; rank += 1) {
    for (const list of lists) addWord(words, list[rank]);
  }
  return [...words];
}

/**
 * Adds a word to a list and, because a keyboard may lack accents and ß, the spelling of the word without
 * them.
 */
function addWord(words: Set<string>, word = ''): void {
  if (word.length < SHORTEST_WORD) return;
  const composed = word.normalize('NFC');
  words.add(composed);
  if (/[^ -~]/.test(composed))
    words.add(composed.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('ß', 'ss'));
}

/**
 * Reads a file of a zxcvbn package directly, because importing the package would decompress all of its words.
 */
function read(language: string, list: string) {
  return JSON.parse(textOf(language, list));
}

/**
 * Reads the first words of a zxcvbn list. Parsing the whole list would take memory that the process keeps.
 */
function readFirst(language: string, list: string, length: number): readonly string[] {
  const text = textOf(language, list).trimEnd();
  const first = text.split(',', length).join(',');
  return JSON.parse(first.length < text.length ? `${first}]` : first);
}

function textOf(language: string, list: string): string {
  const file = import.meta.resolve(`@zxcvbn-ts/language-${language}/src/${list}.json`);
  return readFileSync(new URL(file), 'utf8');
}
