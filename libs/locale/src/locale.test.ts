import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationInWords, fallbackLocales, instantInWords, parseLocale } from './index.ts';

describe('a locale', () => {
  it('falls back to its language, and to English', () => {
    assert.deepEqual(fallbackLocales('de-AT'), ['de-AT', 'de', 'en']);
    assert.deepEqual(fallbackLocales('en'), ['en']);
  });

  it('is English if it is malformed', () => {
    assert.deepEqual(fallbackLocales('../x'), ['en']);
    assert.deepEqual(parseLocale(''), { tag: 'en', language: 'en' });
  });

  it('is returned in canonical form, without extensions', () => {
    assert.deepEqual(parseLocale('DE-at-u-ca-buddhist'), { tag: 'de-AT', language: 'de' });
  });

  it('orders and words an instant, which is in UTC', () => {
    const at = new Date('2026-11-22T10:15:00Z');
    assert.match(instantInWords(at, 'de'), /22\. November 2026 um 10:15 UTC/);
    assert.match(instantInWords(at, 'en-GB'), /22 November 2026 at 10:15 UTC/);
  });

  it('writes the first day of a month as the language does', () => {
    const first = new Date('2026-11-01T10:15:00Z');
    assert.equal(instantInWords(first, 'fr'), '1er novembre 2026 à 10:15 UTC');
    assert.equal(instantInWords(first, 'fr-CA'), '1er novembre 2026 à 10 h 15 UTC');
    assert.equal(instantInWords(first, 'pt-BR'), '1º de novembro de 2026 às 10:15 UTC');
    assert.equal(instantInWords(first, 'es'), '1 de noviembre de 2026 a las 10:15 UTC');
    const others = [
      instantInWords(new Date('2026-01-11T01:01:00Z'), 'fr'),
      instantInWords(new Date('2026-11-21T01:01:00Z'), 'pt-BR'),
    ];
    assert.deepEqual(others, ['11 janvier 2026 à 01:01 UTC', '21 de novembro de 2026 às 01:01 UTC']);
  });

  it('writes an hour below 10 as the language does', () => {
    const at = new Date('2026-11-22T21:05:00Z');
    assert.match(instantInWords(at, 'en'), /^November 22, 2026 at 9:05\sPM UTC$/);
    assert.equal(instantInWords(new Date('2026-11-22T09:05:00Z'), 'de'), '22. November 2026 um 09:05 UTC');
  });

  it('words a count', () => {
    assert.equal(durationInWords(1, 'hour', 'de'), '1 Stunde');
    assert.equal(durationInWords(40, 'second', 'en'), '40 seconds');
  });
});
