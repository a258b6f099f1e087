import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageDocuments } from './documents.ts';
import { findUndocumentedExports } from './undocumented.ts';

test('every export of the packages that other teams install has a doc comment', () => {
  assert.deepEqual(findUndocumentedExports(Object.keys(packageDocuments)), []);
});
