/** Compares the check for clearly strong passwords with zxcvbn, which knows the same words. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import { Options, ZxcvbnFactory } from '@zxcvbn-ts/core';
import fc from 'fast-check';
import { createClearlyStrongCheck } from './clearly-strong.ts';
import { readCommonPasswords, readKeyboardGraphs, readWords } from './word-lists.ts';

const passwords = await readCommonPasswords();
const words = await readWords();
const keyboards = await readKeyboardGraphs();
const substitutions = new Options().l33tTable;
const ownWords = ['Countess_Ada', 'ada.lovelace@example.com'];

const zxcvbn = new ZxcvbnFactory({
  dictionary: { passwords: [...passwords], words: [...words] },
  graphs: keyboards,
  l33tMaxSubstitutions: 8,
});
const isClearlyStrong = await createClearlyStrongCheck({
  words: [...passwords, ...words],
  keyboards,
  substitutions,
});
const isStrongWithoutWords = await createClearlyStrongCheck({ words: [], keyboards, substitutions });

function isWeak(password: string): boolean {
  return zxcvbn.check(password, [...ownWords]).score < 3;
}

const character = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
const random = fc.string({ unit: character, minLength: 1, maxLength: 8 });
const word = fc.constantFrom(...passwords.slice(0, 5000), ...words, ...ownWords);
const repetition = fc
  .tuple(random, fc.integer({ min: 2, max: 6 }))
  .map(([text, count]) => text.repeat(count));
const date = fc.constantFrom('1/2/1990', '01.02.2003', '31121999', '2024-12-31');
const sequence = fc
  .record({ start: fc.integer({ min: 0x30, max: 0x70 }), distance: fc.integer({ min: -5, max: 5 }) })
  .map(({ start, distance }) =>
    Array.from({ length: 10 }, (_, index) => start + index * distance)
      .filter((code) => code >= 0x20 && code <= 0x7e)
      .map((code) => String.fromCharCode(code))
      .join(''),
  );
/**
 * Generates keyboard walks: texts in which each character is on a key next to the key of the previous
 * character.
 */
const walk = fc
  .record({
    keyboard: fc.constantFrom(...Object.values(keyboards)),
    start: fc.nat(),
    steps: fc.array(fc.nat(), { maxLength: 10 }),
  })
  .map(({ keyboard, start, steps }) => {
    const keys = Object.keys(keyboard);
    let text = keys[start % keys.length] ?? '';
    for (const step of steps) {
      const next = (keyboard[text.at(-1) ?? ''] ?? []).filter((key) => key !== null);
      text += next[step % next.length]?.charAt(step % 2) ?? '';
    }
    return text;
  });

/**
 * Generates a function that changes the spelling of a text: writes it backwards, in another case, or with
 * other characters for some letters.
 */
const spelling = fc.constantFrom<((text: string) => string)[]>(
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.slice(0, 1).toUpperCase() + text.slice(1),
  (text) => text.split('').reverse().join(''),
  (text) => text.replaceAll(/./g, (letter) => substitutionsOf(letter).at(0) ?? letter),
  (text) => text.replaceAll(/[aeiou]/g, (letter) => substitutionsOf(letter).at(-1) ?? letter),
);
function substitutionsOf(letter: string): readonly string[] {
  return Object.entries(substitutions).find(([replaced]) => replaced === letter)?.[1] ?? [];
}

const part = fc
  .tuple(fc.oneof(word, word, walk, sequence, repetition, date, random), spelling)
  .map(([text, spelled]) => spelled(text));
const password = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('').slice(0, 40));

describe('a clearly strong password', () => {
  test('is never one that zxcvbn finds weak', () => {
    fc.assert(
      fc.property(password, (text) => {
        if (isClearlyStrong(text, ownWords)) assert.ok(!isWeak(text));
      }),
      { numRuns: chooseRunCount({ some: 1500, all: 5000 }) },
    );
  });

  const weak: readonly (readonly [string, string])[] = [
    ['a word', 'schmetterling'],
    ['a word and other characters', 'Schmetterling7x'],
    ['other characters and a word', '7xschmetterling'],
    ['a reversed word', 'gnilrettemhcs7x'],
    ['other characters and a reversed word', 'x7gnilrettemhcs'],
    ['a word with other characters for some letters', 'schme773r1ing'],
    ['a word with three characters for one letter', 'f|_|ssba!!er'],
    ['a word of the account', 'countess_adaX7'],
    ['other characters and a word of the account', 'X7countess_ada'],
    ['a repetition of one character', '1xaaaaaaaaaaa'],
    ['a repetition of two characters', 'abababababab'],
    ['a repetition of four characters', 'x8vQx8vQx8vQ'],
    ['a sequence', 'acegikmoqsuw'],
    ['other characters and a falling sequence', 'q9zyxwvutsrqp'],
    ['neighbouring keys', 'mnbvcxy12345'],
    ['a date', '11/11/2011xq'],
    ['other characters and a date', 'xq1999-12-31'],
  ];
  for (const [what, text] of weak) {
    test(`is not ${what}: ${text}`, () => {
      assert.ok(isWeak(text));
      assert.equal(isClearlyStrong(text, ownWords), false);
      // The password may also begin with a word, which alone makes it weak. Unless the test is about words,
      // run the check again without a word list, so that only the tested pattern can make the password weak.
      if (!what.includes('word')) assert.equal(isStrongWithoutWords(text, []), false);
    });
  }

  test('has at least 12 characters, all of them ASCII', () => {
    assert.equal(isClearlyStrong('k7#qTz!eV4x', []), false);
    assert.equal(isClearlyStrong('k7#qTz!eV4x.', []), true);
    assert.equal(isClearlyStrong('k7#qTz!eV4x.é', []), false);
  });

  const strong = fc.string({ unit: fc.constantFrom(...'bdfhjknpqrtvwxyz248'), minLength: 16, maxLength: 16 });
  test('is nearly every random one, so that few passwords need an estimate', () => {
    const samples = fc.sample(strong, 300);
    const clear = samples.filter((text) => isClearlyStrong(text, ownWords));
    assert.ok(clear.length > 0.8 * samples.length, `${clear.length} of ${samples.length}`);
  });

  for (const text of ['correct horse battery', 'Pacific-otter-plum-88', 'pK7mX0tqLkz9Rw8B'])
    test(`is also ${text}`, () => assert.ok(isClearlyStrong(text, ownWords)));
});
