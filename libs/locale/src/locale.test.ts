import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDurationInWords, formatInstantInWords, listFallbackLocales, parseLocale } from './index.ts';

/** Returns what `formatInstantInWords` returns, but with plain spaces instead of no-break spaces. */
function words(at: Date, locale: string): string {
  return formatInstantInWords(at, locale).replaceAll('\u00a0', ' ');
}

describe('a locale', () => {
  it('falls back to its language, and to English', () => {
    assert.deepEqual(listFallbackLocales('de-AT'), ['de-AT', 'de', 'en']);
    assert.deepEqual(listFallbackLocales('en'), ['en']);
  });

  it('is English if it is malformed', () => {
    assert.deepEqual(listFallbackLocales('../x'), ['en']);
    assert.deepEqual(parseLocale(''), { tag: 'en', language: 'en' });
  });

  it('is returned in canonical form, without extensions', () => {
    assert.deepEqual(parseLocale('DE-at-u-ca-buddhist'), { tag: 'de-AT', language: 'de' });
  });

  it('orders and words an instant, which is in UTC', () => {
    const at = new Date('2026-11-22T10:15:00Z');
    assert.match(words(at, 'de'), /22\. November 2026 um 10:15 UTC/);
    assert.match(words(at, 'en-GB'), /22 November 2026 at 10:15 UTC/);
  });

  it('writes the first day of a month as the language does', () => {
    const first = new Date('2026-11-01T10:15:00Z');
    assert.equal(words(first, 'fr'), '1er novembre 2026 à 10:15 UTC');
    assert.equal(words(first, 'fr-CA'), '1er novembre 2026 à 10 h 15 UTC');
    assert.equal(words(first, 'pt-BR'), '1º de novembro de 2026 às 10:15 UTC');
    assert.equal(words(first, 'es'), '1 de noviembre de 2026 a las 10:15 UTC');
    const others = [
      words(new Date('2026-01-11T01:01:00Z'), 'fr'),
      words(new Date('2026-11-21T01:01:00Z'), 'pt-BR'),
    ];
    assert.deepEqual(others, ['11 janvier 2026 à 01:01 UTC', '21 de novembro de 2026 às 01:01 UTC']);
  });

  it('writes an hour below 10 as the language does', () => {
    const at = new Date('2026-11-22T21:05:00Z');
    assert.match(words(at, 'en'), /^November 22, 2026 at 9:05\sPM UTC$/);
    assert.equal(words(new Date('2026-11-22T09:05:00Z'), 'de'), '22. November 2026 um 09:05 UTC');
  });

  it('breaks lines only between the date and the time of an instant', () => {
    const at = new Date('2026-12-02T21:05:00Z');
    const lines = ['de', 'en', 'fr-CA', 'pt-BR', 'es'].map((tag) => formatInstantInWords(at, tag).split(' '));
    assert.deepEqual(lines, [
      ['2.\u00a0Dezember\u00a02026', 'um', '21:05\u00a0UTC'],
      ['December\u00a02,\u00a02026', 'at', '9:05\u202fPM\u00a0UTC'],
      ['2\u00a0décembre\u00a02026', 'à', '21\u00a0h\u00a005\u00a0UTC'],
      ['2\u00a0de\u00a0dezembro\u00a0de\u00a02026', 'às', '21:05\u00a0UTC'],
      ['2\u00a0de\u00a0diciembre\u00a0de\u00a02026', 'a', 'las', '21:05\u00a0UTC'],
    ]);
  });

  it('words a count', () => {
    assert.equal(formatDurationInWords(1, 'hour', 'de'), '1 Stunde');
    assert.equal(formatDurationInWords(40, 'second', 'en'), '40 seconds');
  });
});
