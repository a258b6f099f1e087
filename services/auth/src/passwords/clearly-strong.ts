/**
 * Recognises most strong passwords without an estimate by zxcvbn, which takes some milliseconds and much
 * memory: it looks up every part of the password, in several spellings.
 *
 * zxcvbn splits a password into patterns and multiplies the guesses for each of them. The fewest guesses of
 * three or more patterns are above 10^8, so a split that makes zxcvbn refuse a password has one or two
 * patterns. At least one of them covers half of the password, from its start or up to its end. In a password of
 * `SHORTEST` or more characters, this half is not a mere run of characters, whose guesses would be 10 per
 * character: it is a word, a repetition, a sequence of characters or of keys, or a date. A password whose first
 * and last characters start no such pattern is therefore strong.
 * See https://dropbox.tech/security/zxcvbn-realistic-password-strength-estimation
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KeyboardGraphs } from './word-lists.ts';

/**
 * The minimum length of a clearly strong password. To guess half of a password of this length as a run of
 * characters takes 10^6 guesses. A second pattern takes at least 50 guesses, and the order of the two
 * patterns doubles the product.
 */
const SHORTEST = 12;
/**
 * The lengths, in characters, for which the beginnings of words are stored. The longest of these lengths that
 * is at most half of the password is checked. The shortest is half of `SHORTEST`.
 */
const CHECKED_LENGTHS = [12, 10, 8, 6] as const;
/** How many words are hashed in one turn of the event loop. This takes about 3 ms. */
const WORDS_PER_TURN = 2000;

export interface KnownPatterns {
  /** Words, in any case, that a password must not be based on. */
  readonly words: readonly string[];
  readonly keyboards: Readonly<KeyboardGraphs>;
  /** The characters that people write instead of each letter: for `a`, these are `4` and `@`. */
  readonly substitutions: Readonly<Record<string, readonly string[]>>;
}

/**
 * Creates the check for clearly strong passwords. With 90,000 words, this takes about 100 ms of CPU time; other work
 * runs in between.
 * @returns a function that returns true only if zxcvbn scores a password 3 or more with the given words and
 * patterns; the function may also return false for such a password
 */
export async function createClearStrengthCheck({ words, keyboards, substitutions }: KnownPatterns) {
  const hashEnd = createEndHash(substitutions);
  const known = await hashEndsOfWords(words, hashEnd);
  const neighbours = neighboursOf(keyboards);
  const longSubstitutions = Object.values(substitutions)
    .flat()
    .filter(({ length }) => length > 1);

  /**
   * @param ownWords further words that the password must not be based on, such as the username, in any case
   */
  return function isClearlyStrong(password: string, ownWords: readonly string[]): boolean {
    if (!/^[ -~]*$/.test(password) || password.length < SHORTEST) return false;
    // Substitutions of several characters for one letter change the length of the password, so that its words
    // begin or end elsewhere.
    if (longSubstitutions.some((text) => password.includes(text))) return false;
    const length = CHECKED_LENGTHS.find((checked) => 2 * checked <= password.length + 1) ?? 0;
    const knownHashes = known.get(length) ?? new Int32Array();
    const own = new Set(ownWords.flatMap((word) => hashBothEnds(hashEnd, word.toLowerCase(), length)));
    return [password, reverse(password)].every((text) => {
      const start = text.slice(0, length);
      const hash = hashEnd(start.toLowerCase(), length, 'start');
      return (
        hash !== undefined &&
        !includesSorted(knownHashes, hash) &&
        !own.has(hash) &&
        !startsWithRepetition(text, length) &&
        !isSequence(start) &&
        !isWalk(start, neighbours) &&
        !/^[\d\s/\\_.-]+$/.test(start)
      );
    });
  };
}

/**
 * Returns a 32-bit hash of the first `length` characters of a text in lower case or, if it is read from its end, of the
 * last ones in reverse order. Returns undefined if the text is shorter, or one of these characters is not ASCII.
 */
type EndHash = (lowerCase: string, length: number, from: 'start' | 'end') => number | undefined;

/**
 * Creates a hash (FNV-1a) that is the same for all spellings of a word with one-character substitutions. A character
 * that stands for several letters, such as `1` for `i` and `l`, makes these letters the same.
 */
function createEndHash(substitutions: KnownPatterns['substitutions']): EndHash {
  /** The character that represents each ASCII character. */
  const folded = Uint8Array.from({ length: 128 }, (_, code) => code);
  for (const [letter, characters] of Object.entries(substitutions)) {
    for (const character of characters.filter(({ length }) => length === 1)) {
      const [before = 0, after = 0] = [character, letter].map((text) => folded[text.charCodeAt(0)]);
      for (const [code, representative] of folded.entries())
        if (representative === before) folded[code] = after;
    }
  }
  return (lowerCase, length, from) => {
    if (lowerCase.length < length) return undefined;
    let hash = 0x811c9dc5;
    for (let index = 0; index < length; index += 1) {
      const code = folded[lowerCase.charCodeAt(from === 'start' ? index : lowerCase.length - 1 - index)];
      if (code === undefined) return undefined;
      hash = Math.imul(hash ^ code, 0x01000193);
    }
    return hash;
  };
}

/** Returns the hashes of the beginning and of the end of a word in lower case. */
function hashBothEnds(hashEnd: EndHash, lowerCase: string, length: number): readonly number[] {
  return [hashEnd(lowerCase, length, 'start'), hashEnd(lowerCase, length, 'end')].filter(
    (hash) => hash !== undefined,
  );
}

/** Returns, for each checked length, the hashes of the beginnings and ends of all words, sorted. */
async function hashEndsOfWords(
  words: readonly string[],
  hashEnd: EndHash,
): Promise<ReadonlyMap<number, Int32Array>> {
  const lists = CHECKED_LENGTHS.map((length) => ({
    length,
    hashes: new Int32Array(2 * words.length),
    count: 0,
  }));
  for (const [index, word] of words.entries()) {
    if (index % WORDS_PER_TURN === 0) await nextTurn();
    const lowerCase = word.toLowerCase();
    for (const list of lists) {
      for (const hash of hashBothEnds(hashEnd, lowerCase, list.length)) {
        list.hashes[list.count] = hash;
        list.count += 1;
      }
    }
  }
  const sorted = new Map<number, Int32Array>();
  for (const { length, hashes, count } of lists) {
    await nextTurn();
    sorted.set(length, sortedWithoutRepetitions(hashes.subarray(0, count)));
  }
  return sorted;
}

/** Sorts numbers in place, and returns a copy without repetitions. */
function sortedWithoutRepetitions(numbers: Int32Array): Int32Array {
  return numbers.sort().filter((number, index) => index === 0 || number !== numbers[index - 1]);
}

function reverse(text: string): string {
  let reversed = '';
  for (const character of text) reversed = character + reversed;
  return reversed;
}

/** Returns whether a sorted list includes a number. */
function includesSorted(sorted: Int32Array, wanted: number): boolean {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) from = middle + 1;
    else to = middle;
  }
  return sorted[from] === wanted;
}

/** Returns whether a text starts with a part that occurs at least twice in a row, over at least `length` characters. */
function startsWithRepetition(text: string, length: number): boolean {
  for (let part = 1; 2 * part <= text.length; part += 1) {
    const end = Math.max(2 * part, length);
    if (text.slice(part, end) === text.slice(0, end - part)) return true;
  }
  return false;
}

/**
 * Returns whether the code of each character differs by the same amount from the code of the previous
 * character, as in `abcd` or `8642`.
 */
function isSequence(text: string): boolean {
  const distance = text.charCodeAt(1) - text.charCodeAt(0);
  for (let index = 2; index < text.length; index += 1)
    if (text.charCodeAt(index) - text.charCodeAt(index - 1) !== distance) return false;
  return true;
}

/** Returns, for each character, the characters on the keys next to it, on any keyboard. */
function neighboursOf(keyboards: Readonly<KeyboardGraphs>): ReadonlyMap<string, string> {
  const neighbours = new Map<string, string>();
  function add(character: string, others: string): void {
    neighbours.set(character, (neighbours.get(character) ?? '') + others);
  }
  for (const [character, keys] of Object.values(keyboards).flatMap((graph) => Object.entries(graph))) {
    const others = keys.join('');
    add(character, others);
    for (const other of others) add(other, character);
  }
  return neighbours;
}

/**
 * Returns whether each character is on a key next to the key of the previous character, or on the same key.
 */
function isWalk(text: string, neighbours: ReadonlyMap<string, string>): boolean {
  for (let index = 1; index < text.length; index += 1)
    if (!neighbours.get(text.charAt(index - 1))?.includes(text.charAt(index))) return false;
  return true;
}
