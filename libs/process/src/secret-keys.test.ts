import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  computeKeyPairFingerprint,
  computeSecretFingerprint,
  InvalidKeyError,
  parseSecretKeys,
} from './secret-keys.ts';

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
        (error) =>
          error instanceof InvalidKeyError && message.test(error.message) && !error.message.includes('c2h'),
      );
    });
  }
});

describe('fingerprints', () => {
  const bytes = Buffer.alloc(32, 7);

  test('tell keys apart and do not show them', () => {
    const one = computeSecretFingerprint('REFRESH_KEY', bytes);
    assert.equal(computeSecretFingerprint('REFRESH_KEY', bytes), one);
    assert.notEqual(computeSecretFingerprint('REFRESH_KEY', Buffer.alloc(32, 8)), one);
    assert.ok(!one.includes(bytes.toString('base64url')));
  });

  test('of one key under two names differ', () => {
    assert.notEqual(
      computeSecretFingerprint('PASSWORD_SALT_KEY', bytes),
      computeSecretFingerprint('REFRESH_KEY', bytes),
    );
  });

  test('of a key pair are the same however the key is written', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const again = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    assert.equal(computeKeyPairFingerprint(again), computeKeyPairFingerprint(privateKey));
    assert.notEqual(
      computeKeyPairFingerprint(generateKeyPairSync('ed25519').privateKey),
      computeKeyPairFingerprint(privateKey),
    );
  });
});
