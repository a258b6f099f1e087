import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCaseSelection } from './test-cases.ts';

const CASES = ['a', 'b', 'c', 'd'];

test('three calls in a row select every case once', () => {
  const select = createCaseSelection(false);
  assert.deepEqual([select(CASES), select(CASES), select(CASES)], [['a', 'd'], ['b'], ['c']]);
  assert.deepEqual(select(CASES), ['a', 'd']);
});

test('with TEST_CASES=all, each call selects every case', () => {
  const select = createCaseSelection(true);
  assert.deepEqual([select(CASES), select(CASES)], [CASES, CASES]);
});
