import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageDocuments } from './documents.ts';
import { undocumentedExports } from './undocumented.ts';

test('every export of the packages that other teams install has a doc comment', () => {
  assert.deepEqual(undocumentedExports(Object.keys(packageDocuments)), []);
});
