import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatHashCost, HashCostsError, parseHashCosts } from './costs.ts';

describe('the costs of hashes', () => {
  test('are listed newest first', () => {
    assert.deepEqual(parseHashCosts('65536:3, 19456:2'), [
      { memoryKib: 65_536, passes: 3 },
      { memoryKib: 19_456, passes: 2 },
    ]);
    assert.deepEqual(parseHashCosts('7168:5').map(formatHashCost), ['7168:5']);
  });

  for (const text of [
    '',
    '19456',
    '19456:1',
    '7168:4',
    '19456:2,',
    '19456:2,19456:2',
    '2000000:2',
    '65536:21',
    '-1:9',
  ]) {
    test(`are not "${text}"`, () => {
      assert.throws(() => parseHashCosts(text), HashCostsError);
    });
  }
});
