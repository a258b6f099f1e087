import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { patchSource } from './copy.ts';
import { plantedBugs } from './plants.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

describe('the plants', () => {
  for (const { name, bug } of plantedBugs) {
    test(`match the current sources: ${name}`, async () => {
      for (const { file, search, replacement } of bug) {
        const source = await readFile(join(ROOT, file), 'utf8');
        assert.notEqual(patchSource(source, search, replacement), source);
      }
    });
  }

  test('have unique names', () => {
    assert.equal(new Set(plantedBugs.map(({ name }) => name)).size, plantedBugs.length);
  });
});

describe('a patch', () => {
  test('replaces a string that occurs once', () => assert.equal(patchSource('a b c', 'b', '$&'), 'a $& c'));

  test('is refused if the string occurs twice or not at all', () => {
    assert.throws(() => patchSource('a b b', 'b', 'x'));
    assert.throws(() => patchSource('a c', 'b', 'x'));
  });
});
