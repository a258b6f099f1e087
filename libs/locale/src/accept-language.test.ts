import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAcceptLanguage } from './accept-language.ts';

test('the languages of Accept-Language come in the order of preference', () => {
  const cases: readonly (readonly [string | undefined, readonly string[]])[] = [
    [undefined, []],
    ['', []],
    ['*', []],
    ['de-at', ['de-AT']],
    ['fr;q=0.5, de;q=0.9, en;q=0.8', ['de', 'en', 'fr']],
    ['fr, de', ['fr', 'de']],
    ['*;q=0.9, de;q=0.1', ['de']],
    ['de;q=0, fr;q=0.1, es;q=7', ['fr']],
    ['???, en_US, da ; q=0.3', ['da']],
    [`de,${'x'.repeat(2000)}`, []],
  ];
  for (const [header, locales] of cases) assert.deepEqual(parseAcceptLanguage(header), locales, header);
});
