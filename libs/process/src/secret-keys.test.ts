import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { KeyFault, parseSecretKeys } from './secret-keys.ts';

function key(kid?: string) {
  return { kty: 'oct', k: randomBytes(32).toString('base64url'), ...(kid !== undefined && { kid }) };
}

function jwks(...keys: readonly object[]): string {
  return JSON.stringify({ keys });
}

describe('secret keys', () => {
  test('are one in base64url, which has no id', () => {
    const bytes = randomBytes(32);
    assert.deepEqual(parseSecretKeys(bytes.toString('base64url')), [{ bytes }]);
  });

  test('are several in a JWKS, newest first, of which one may have no id', () => {
    const [newest, former] = [key('2026-12'), key()];
    assert.deepEqual(parseSecretKeys(jwks(newest, former)), [
      { kid: '2026-12', bytes: Buffer.from(newest.k, 'base64url') },
      { bytes: Buffer.from(former.k, 'base64url') },
    ]);
  });

  const twice = key('a');
  const faults: readonly (readonly [string, string, RegExp])[] = [
    ['that are short', 'c2hvcnQ', /^must be 32 random bytes or more in base64url$/],
    ['of which one is short', jwks({ ...key('a'), k: 'c2hvcnQ' }), /^must be 32 random bytes or more/],
    ['that are none', jwks(), /or a JWKS of such keys/],
    ['of another kind', jwks({ ...key('a'), kty: 'OKP' }), /or a JWKS of such keys/],
    ['with an id that cannot be stored', jwks(key('a$b')), /or a JWKS of such keys/],
    ['with one id for two', jwks(key('a'), key('a')), /^two keys have the same kid$/],
    ['of which two have no id', jwks(key(), key()), /^two keys have the same kid$/],
    ['of which two are the same', jwks(twice, { ...twice, kid: 'b' }), /^one key is listed twice$/],
  ];
  for (const [what, text, message] of faults) {
    test(`${what} are refused without being shown`, () => {
      assert.throws(
        () => parseSecretKeys(text),
        (error) => error instanceof KeyFault && message.test(error.message) && !error.message.includes('c2h'),
      );
    });
  }
});
