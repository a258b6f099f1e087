import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selectCases } from './test-cases.ts';

const CASES = ['a', 'b', 'c', 'd'];

test('three turns in a row select every case once', () => {
  const selected = [0, 1, 2, 3].map((turn) => selectCases(CASES, turn, false));
  assert.deepEqual(selected, [['a', 'd'], ['b'], ['c'], ['a', 'd']]);
});

test('with TEST_CASES=all, each turn selects every case', () => {
  assert.deepEqual(
    [0, 1].map((turn) => selectCases(CASES, turn, true)),
    [CASES, CASES],
  );
});
