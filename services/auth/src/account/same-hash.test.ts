import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSameHash } from './same-hash.ts';

describe('two hashes', () => {
  test('are the same if every character is', () => {
    assert.equal(isSameHash('abcd', 'abcd'), true);
    assert.equal(isSameHash('', ''), true);
  });

  test('differ wherever they differ', () => {
    for (const other of ['Xbcd', 'aXcd', 'abXd', 'abcX', 'abdc', 'abc', 'abcde', ''])
      assert.equal(isSameHash('abcd', other), false, other);
  });
});
