import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationInWords, fallbackLocales, instantInWords, parseLocale } from './index.ts';

describe('a locale', () => {
  it('falls back to its language, and to English', () => {
    assert.deepEqual(fallbackLocales('de-AT'), ['de-AT', 'de', 'en']);
    assert.deepEqual(fallbackLocales('en'), ['en']);
  });

  it('is English where it is malformed', () => {
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

  it('words a count', () => {
    assert.equal(durationInWords(1, 'hour', 'de'), '1 Stunde');
    assert.equal(durationInWords(40, 'second', 'en'), '40 seconds');
  });
});
