import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wrapLongLines } from './wrap-text.ts';

test('breaks lines at 72 columns, between words', () => {
  assert.equal(
    wrapLongLines(`${'word '.repeat(20).trim()}\n\nshort\n-- \nend`),
    `${'word '.repeat(14).trim()}\n${'word '.repeat(6).trim()}\n\nshort\n-- \nend`,
  );
});

test('breaks no link, and puts it on a line of its own', () => {
  const link = `https://accounts.example.com/${'x'.repeat(80)}`;
  assert.equal(
    wrapLongLines(`${'word '.repeat(12)}${link} after`),
    `${'word '.repeat(12).trim()}\n${link}\nafter`,
  );
});

test('changes nothing but spaces to line breaks, and leaves no line too long that has a space within', () => {
  const words = fc.array(fc.constantFrom('a', 'word', 'longer-word', 'x'.repeat(80), '„Öl“'), {
    maxLength: 40,
  });
  const text = fc
    .array(words, { maxLength: 4 })
    .map((lines) => lines.map((line) => line.join(' ')).join('\n'));
  fc.assert(
    fc.property(text, (given) => {
      const wrapped = wrapLongLines(given);
      assert.equal(wrapped.replaceAll('\n', ' '), given.replaceAll('\n', ' '));
      for (const line of wrapped.split('\n')) assert.ok(line.length <= 72 || !line.includes(' '), line);
    }),
  );
});
