import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { localeTag, negotiateLocale, passwordText, personName, username } from './schemas.ts';

function accepts(schema: z.ZodType, input: unknown, output: unknown = input): void {
  assert.deepEqual(schema.safeParse(input), { success: true, data: output });
}
function refuses(schema: z.ZodType, input: unknown): void {
  assert.equal(schema.safeParse(input).success, false, JSON.stringify(input)?.slice(0, 60));
}

const notText = [undefined, null, 1, true, [], ['a'], {}, { $gt: '' }];

describe('a username', () => {
  test('has 3 to 32 letters, digits, underscores and hyphens', () => {
    for (const name of ['ada', 'Ada_L-1815', 'a'.repeat(32)]) accepts(username, name);
  });
  test('is nothing else', () => {
    for (const name of [
      ...notText,
      '',
      'ad',
      'a'.repeat(33),
      'ada l',
      ' ada',
      'ada\n',
      'adä',
      // The first letter is a Cyrillic one that looks like the Latin "a".
      '\u0430da',
      'ada\0',
      '<ada>',
    ]) {
      refuses(username, name);
    }
  });
});

describe('a name', () => {
  test('is in any script, trimmed and composed', () => {
    accepts(personName, ' Ada ', 'Ada');
    accepts(personName, 'Jose\u0301', 'José');
    accepts(personName, "O'Hara-von Müller");
    accepts(personName, '👩‍🔬'.repeat(21));
    accepts(personName, '𝒜'.repeat(64));
  });
  test('is neither empty nor endless nor more than one line', () => {
    const bad = [
      '',
      '   ',
      'a'.repeat(65),
      '𝒜'.repeat(65),
      'a'.repeat(1_000_000),
      'a\r\nb',
      'a\0',
      'a\ud800',
      'a\u2028b',
      '\u202eadA',
    ];
    for (const name of [...notText, ...bad]) refuses(personName, name);
  });
});

describe('a locale', () => {
  test('is a language tag in its canonical form', () => {
    accepts(localeTag, 'en');
    accepts(localeTag, 'DE-at', 'de-AT');
    accepts(localeTag, 'iw', 'he');
  });
  test('is nothing else', () => {
    for (const tag of [...notText, '', 'e', 'en_US', 'not a tag', 'en\0', `en-${'a'.repeat(40)}`, 'C', '*'])
      refuses(localeTag, tag);
  });
});

describe('a typed password', () => {
  test('is any text on one line, as it is', () => {
    for (const text of [' ', ' spaced ', 'e\u0301', '🔑'.repeat(128), 'x'.repeat(1024)])
      accepts(passwordText, text);
  });
  test('is neither empty nor endless and has no control characters', () => {
    const bad = [
      '',
      'x'.repeat(1025),
      'x'.repeat(1_000_000),
      'secret\0',
      'secret\r\n',
      'lone \ud800 surrogate',
    ];
    for (const text of [...notText, ...bad]) refuses(passwordText, text);
  });
});

describe('the language of a client', () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['de', 'de'],
    ['de-at', 'de-AT'],
    ['fr;q=0.5, de;q=0.9, en;q=0.8', 'de'],
    ['fr, de', 'fr'],
    ['*;q=0.9, de;q=0.1', 'de'],
    ['de;q=0, fr;q=0.1', 'fr'],
    ['de;q=7, fr;q=0.1', 'fr'],
    ['???, en_US, da ; q=0.3', 'da'],
    [`de,${'x'.repeat(2000)}`, 'en'],
  ];
  for (const [header, locale] of cases) {
    test(`that says ${JSON.stringify(header?.slice(0, 40))} is ${locale}`, () => {
      assert.equal(negotiateLocale(header), locale);
    });
  }
});
