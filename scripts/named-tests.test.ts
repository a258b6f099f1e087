import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containsTestTitle, findAdvisoryIds, findNamedTests } from './named-tests.ts';

test('a link in code font to a TypeScript file names a test', () => {
  const markdown =
    'see [`a link › refuses it (ASVS 1.2)`](../a.test.ts), [`` shows `a` ``](d.ts), [not this](../b.ts), [`nor this`](c.md)';
  assert.deepEqual(findNamedTests(markdown), [
    { title: 'a link › refuses it (ASVS 1.2)', target: '../a.test.ts' },
    { title: 'shows `a`', target: 'd.ts' },
  ]);
});

test('the title of a test must be in the source as a whole', () => {
  const source = "test('refuses it', () => {});";
  assert.ok(containsTestTitle(source, 'refuses it'));
  assert.ok(!containsTestTitle(source, 'refuses'));
});

test('the titles of the groups of a test must be in the source, too', () => {
  const source = 'describe("a link", () => { test(`refuses it`, () => {}); });';
  assert.ok(containsTestTitle(source, 'a link › refuses it'));
  assert.ok(!containsTestTitle(source, 'a token › refuses it'));
});

test('an advisory is the first cell of a row', () => {
  assert.deepEqual(
    findAdvisoryIds('| [CVE-2026-1](https://x) | a |\n| [GHSA-a-b-c](https://y) | b |\nCVE-2'),
    ['CVE-2026-1', 'GHSA-a-b-c'],
  );
});
