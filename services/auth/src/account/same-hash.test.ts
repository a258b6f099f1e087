import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sameHash } from './same-hash.ts';

describe('two hashes', () => {
  test('are the same if every character is', () => {
    assert.equal(sameHash('abcd', 'abcd'), true);
    assert.equal(sameHash('', ''), true);
  });

  test('differ wherever they differ', () => {
    for (const other of ['Xbcd', 'aXcd', 'abXd', 'abcX', 'abdc', 'abc', 'abcde', ''])
      assert.equal(sameHash('abcd', other), false, other);
  });
});
