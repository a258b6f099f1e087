import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenCache } from './token-cache.ts';

function token(id: string, account: string, seq: number) {
  return { id, account, seq, expiresAt: 900 };
}

test('a revocation forgets the tokens decided on before it, of that account alone', () => {
  const tokens = createTokenCache(() => 0);
  for (const each of [token('old', 'ada', 3), token('new', 'ada', 5), token('other', 'bob', 3)])
    assert.equal(tokens.keep(each), true);
  assert.equal(tokens.revoke('ada', 5), 1);
  assert.equal(tokens.find('old'), undefined);
  assert.equal(tokens.find('new')?.seq, 5);
  assert.equal(tokens.find('other')?.seq, 3);
});

test('a token that was revoked before it came is not kept, also after an older revocation was repeated', () => {
  const tokens = createTokenCache(() => 0);
  tokens.revoke('ada', 5);
  tokens.revoke('ada', 2);
  assert.equal(tokens.keep(token('late', 'ada', 4)), false);
  assert.equal(tokens.find('late'), undefined);
});

test('a token ends with its time', () => {
  let now = 899;
  const tokens = createTokenCache(() => now);
  tokens.keep(token('a', 'ada', 1));
  assert.ok(tokens.find('a'));
  now = 900;
  assert.equal(tokens.find('a'), undefined);
  assert.equal(tokens.keep(token('b', 'ada', 1)), false);
});
