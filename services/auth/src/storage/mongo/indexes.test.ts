import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authIndexes } from './index.ts';

// A sparse index contains every document that has any of its keys (ADR 12).
test('the keys of a sparse index are in one subdocument, which is removed as a whole', () => {
  for (const { name, keys, sparse } of authIndexes) {
    const owners = new Set(Object.keys(keys).map((key) => key.split('.')[0]));
    assert.ok(!sparse || owners.size === 1, name);
  }
});
