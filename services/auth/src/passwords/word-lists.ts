/**
 * Reads the lists of common passwords, words and names, and the layouts of keyboards, that zxcvbn-ts provides. Other
 * work runs between two files, and while lists are merged.
 */
import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

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
/** How many entries of each list are merged in one turn of the event loop. This takes about 3 ms. */
const RANKS_PER_TURN = 500;

/**
 * For each keyboard and each character, the neighbouring keys. Each key is described by the characters on it,
 * for example `1!`.
 */
export type KeyboardGraphs = Record<string, Record<string, (string | null)[]>>;

/** Returns the most common passwords, most frequent first. */
export async function readCommonPasswords(): Promise<readonly string[]> {
  const passwords: string[] = await read('common', 'passwords');
  return passwords.slice(0, COMMON);
}

export async function readKeyboardGraphs(): Promise<KeyboardGraphs> {
  return read('common', 'adjacencyGraphs');
}

/** Returns the words and names of all languages, most frequent first. */
export async function readWords(): Promise<readonly string[]> {
  const lists: (readonly string[])[] = [];
  for (const language of LANGUAGES) {
    for (const [list, length] of Object.entries(LISTS)) lists.push(await readFirst(language, list, length));
  }
  return mergeWordLists(lists);
}

/**
 * Merges several lists of words into one list, because zxcvbn takes longer with several lists. All lists are
 * in the order of frequency, most frequent first. Lets other work run in between.
 */
export async function mergeWordLists(lists: readonly (readonly string[])[]): Promise<readonly string[]> {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const words = new Set<string>();
  for (let rank = 0; rank < longest; rank += 1) {
    if (rank % RANKS_PER_TURN === 0) await nextTurn();
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

/** Reads a file of a zxcvbn package directly, because importing the package would decompress all of its words. */
async function read(language: string, list: string) {
  return JSON.parse(await textOf(language, list));
}

/**
 * Reads only the first words of a zxcvbn list. Parsing the whole list would take memory, which the process
 * would not free again.
 */
async function readFirst(language: string, list: string, length: number): Promise<readonly string[]> {
  const text = (await textOf(language, list)).trimEnd();
  const first = text.split(',', length).join(',');
  return JSON.parse(first.length < text.length ? `${first}]` : first);
}

function textOf(language: string, list: string): Promise<string> {
  const file = import.meta.resolve(`@zxcvbn-ts/language-${language}/src/${list}.json`);
  return readFile(new URL(file), 'utf8');
}
