import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import {
  localeTagSchema,
  negotiateLocale,
  passwordTextSchema,
  personNameSchema,
  usernameSchema,
} from './schemas.ts';

function accepts(schema: z.ZodType, input: unknown, output: unknown = input): void {
  assert.deepEqual(schema.safeParse(input), { success: true, data: output });
}
function refuses(schema: z.ZodType, input: unknown): void {
  assert.equal(schema.safeParse(input).success, false, JSON.stringify(input)?.slice(0, 60));
}

const notText = [undefined, null, 1, true, [], ['a'], {}, { $gt: '' }];

describe('a username', () => {
  test('has 3 to 32 letters, digits, underscores and hyphens', () => {
    for (const name of ['ada', 'Ada_L-1815', 'a'.repeat(32)]) accepts(usernameSchema, name);
  });
  test('has no other form', () => {
    for (const name of [
      ...notText,
      '',
      'ad',
      'a'.repeat(33),
      'ada l',
      ' ada',
      'ada\n',
      'adä',
      // The first letter is Cyrillic and looks like the Latin "a".
      '\u0430da',
      'ada\0',
      '<ada>',
    ]) {
      refuses(usernameSchema, name);
    }
  });
});

describe('a name', () => {
  test('is in any script, trimmed and composed', () => {
    accepts(personNameSchema, ' Ada ', 'Ada');
    accepts(personNameSchema, 'Jose\u0301', 'José');
    accepts(personNameSchema, "O'Hara-von Müller");
    accepts(personNameSchema, '👩‍🔬'.repeat(21));
    accepts(personNameSchema, '𝒜'.repeat(64));
  });
  test('keeps joiners if a script or an emoji needs them', () => {
    for (const name of ['علی\u200cرضا', 'ක්\u200dෂ', 'അനില്\u200d', '❤️\u200d🔥', '葛\u{e0100}城'])
      accepts(personNameSchema, name);
  });
  test('has a visible character, and no invisible ones', () => {
    for (const character of [
      '\u00ad', // soft hyphen
      '\u061c', // Arabic letter mark
      '\u200b', // zero width space
      '\u200e', // left-to-right mark
      '\u2060', // word joiner
      '\u2064', // invisible plus
      '\u2066', // left-to-right isolate
      '\ufeff', // byte order mark
      '\u{e0041}', // tag A
    ]) {
      for (const name of [character, `A${character}`, `${character}A`, `A${character}B`])
        refuses(personNameSchema, name);
    }
    for (const joiner of ['\u200c', '\u200d'])
      for (const name of [
        joiner,
        `${joiner}A`,
        `A${joiner}`,
        `A${joiner} B`,
        `A ${joiner}B`,
        `A${joiner}${joiner}B`,
      ])
        refuses(personNameSchema, name);
    // Texts that look blank: Hangul fillers, a blank Braille pattern, a variation selector and an accent
    // without a letter.
    for (const blank of ['\u3164', '\u115f\u1160', '\uffa0', '\u2800', '\ufe0f', '\u0301', '\u2800 \u2800'])
      refuses(personNameSchema, blank);
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
    for (const name of [...notText, ...bad]) refuses(personNameSchema, name);
  });
});

describe('a locale', () => {
  test('is a language tag in its canonical form', () => {
    accepts(localeTagSchema, 'en');
    accepts(localeTagSchema, 'DE-at', 'de-AT');
    accepts(localeTagSchema, 'iw', 'he');
  });
  test('has no other form', () => {
    for (const tag of [...notText, '', 'e', 'en_US', 'not a tag', 'en\0', `en-${'a'.repeat(40)}`, 'C', '*'])
      refuses(localeTagSchema, tag);
  });
});

describe('a typed password', () => {
  test('is any text on one line, as it is', () => {
    for (const text of [' ', ' spaced ', 'e\u0301', '🔑'.repeat(128), 'x'.repeat(1024)])
      accepts(passwordTextSchema, text);
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
    for (const text of [...notText, ...bad]) refuses(passwordTextSchema, text);
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
