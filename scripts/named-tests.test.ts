import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containsTestTitle, findAdvisoryIds, findNamedTests } from './named-tests.ts';

test('a test is named by its title in quotes, and by the file that it is in', () => {
  const markdown = 'see ["refuses it (ASVS 1.2)"](../a.test.ts), [not this](../b.ts), ["nor this"](c.md)';
  assert.deepEqual(findNamedTests(markdown), [{ title: 'refuses it (ASVS 1.2)', target: '../a.test.ts' }]);
});

test('a title must be there as a whole', () => {
  const source = "test('refuses it', () => {});";
  assert.ok(containsTestTitle(source, 'refuses it'));
  assert.ok(!containsTestTitle(source, 'refuses'));
});

test('an advisory is the first cell of a row', () => {
  assert.deepEqual(
    findAdvisoryIds('| [CVE-2026-1](https://x) | a |\n| [GHSA-a-b-c](https://y) | b |\nCVE-2'),
    ['CVE-2026-1', 'GHSA-a-b-c'],
  );
});
