/**
 * Recognises most strong passwords without zxcvbn. An estimate by zxcvbn takes some milliseconds and much
 * memory, because it looks up every part of the password in several spellings.
 * zxcvbn splits a password into patterns, and multiplies the numbers of guesses that the patterns need. It
 * refuses a password that needs fewer than 10^8 guesses. Three or more patterns always need more guesses than
 * that, so zxcvbn can only refuse a password that it splits into one or two patterns. Of two patterns, one
 * covers at least half of the password, from its beginning or up to its end.
 * If the password has at least `SHORTEST` characters, this half cannot be a run of random characters: each
 * of them multiplies the guesses by 10, so the password would be strong whatever the other half is (see
 * `SHORTEST`). The half must be a word, a repetition, a sequence of characters or of keys, or a date. A
 * password is therefore strong if no such pattern covers its first half or its last half. See
 * https://dropbox.tech/security/zxcvbn-realistic-password-strength-estimation
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KeyboardGraphs } from './word-lists.ts';

/**
 * The minimum length of a clearly strong password. Even if the first half of such a password is only a run of
 * 6 random characters, zxcvbn accepts the password: it estimates 10^6 guesses for this half and at least 50
 * guesses for the other half, and doubles the product because the halves can be in either order. The result
 * is 10^8 guesses.
 */
const SHORTEST = 12;
/**
 * The numbers of characters for which the first and last characters of all words are stored. A password is
 * checked with the greatest of these numbers that is at most half of its length. The smallest number is half
 * of `SHORTEST`.
 */
const CHECKED_LENGTHS = [12, 10, 8, 6] as const;
/** How many words are hashed in one turn of the event loop. This takes about 3 ms. */
const WORDS_PER_TURN = 2000;

export interface KnownPasswordPatterns {
  /** Words that a password must not be based on. Upper and lower case make no difference. */
  readonly words: readonly string[];
  readonly keyboards: Readonly<KeyboardGraphs>;
  /** The characters that people write instead of each letter: for `a`, these are `4` and `@`. */
  readonly substitutions: Readonly<Record<string, readonly string[]>>;
}

/**
 * Creates the check for clearly strong passwords. With 90,000 words, this takes about 100 ms of CPU time;
 * other work runs in between.
 * @returns a function that returns true only for passwords to which zxcvbn gives the score 3 or 4 with the
 * given words and patterns. The function may return false for such passwords, too
 */
export async function createClearlyStrongCheck({ words, keyboards, substitutions }: KnownPasswordPatterns) {
  const hashEnd = createEndHash(substitutions);
  const known = await hashEndsOfWords(words, hashEnd);
  const neighbours = neighboursOf(keyboards);
  const longSubstitutions = Object.values(substitutions)
    .flat()
    .filter(({ length }) => length > 1);

  /**
   * Returns whether a password is clearly strong.
   * @param ownWords further words that the password must not be based on, such as the username. Upper and
   * lower case make no difference
   */
  return function isClearlyStrong(password: string, ownWords: readonly string[]): boolean {
    if (!/^[ -~]*$/.test(password) || password.length < SHORTEST) return false;
    // If several characters replace one letter, the word is longer than in its usual spelling, so the hashes
    // of its beginning and end do not match.
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
 * Hashes one end of a text in lower case to 32 bits: the first `length` characters, or the last `length`
 * characters in reverse order. Returns undefined if the text is shorter, or if one of these characters is not
 * ASCII.
 */
type EndHash = (lowerCase: string, length: number, from: 'start' | 'end') => number | undefined;

/**
 * Creates a hash (FNV-1a) of the beginning or end of a word. Spellings that differ only by one-character
 * substitutions have the same hash. If a character can stand for several letters, as `1` for `i` and `l`,
 * these letters are treated as the same letter.
 */
function createEndHash(substitutions: KnownPasswordPatterns['substitutions']): EndHash {
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

/**
 * Returns whether a text begins with a repetition: a part that is followed by at least one copy of itself.
 * The part and its copies must cover at least the first `length` characters.
 */
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
