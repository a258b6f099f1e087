import assert from 'node:assert/strict';
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { InvalidKeyError, parseSecretKey } from '@latchkey/process';
import { calculateJwkThumbprint, compactDecrypt, importJWK } from 'jose';
import { createLinkSealer } from '../tokens/sealer.ts';
import { generateKey } from './generate-key.ts';
import { computeThumbprint, parseSealingKey, parseSigningKeys } from './keys.ts';
import { generateSecrets } from './secrets.ts';

const secrets = generateSecrets();
const [signingJwk]: JsonWebKey[] = JSON.parse(secrets.SIGNING_KEYS).keys;
const [sealingJwk]: JsonWebKey[] = JSON.parse(secrets.SEALING_PRIVATE_KEYS).keys;
assert.ok(signingJwk !== undefined && sealingJwk !== undefined);

function jwks(...keys: object[]): string {
  return JSON.stringify({ keys });
}
function another(): JsonWebKey {
  return JSON.parse(generateSecrets().SIGNING_KEYS).keys[0];
}
const { d: _, ...publicPart } = signingJwk;

function fault(parse: () => unknown): string {
  let message = '';
  assert.throws(parse, (error) => {
    assert.ok(error instanceof InvalidKeyError);
    message = error.message;
    return true;
  });
  return message;
}

describe('SIGNING_KEYS', () => {
  test('are published without their private parts', () => {
    const { published } = parseSigningKeys(jwks(signingJwk, another()));
    assert.equal(published.length, 2);
    for (const key of published) {
      assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
  });

  test('need a private part only in the first, and no kid', () => {
    const { d: _d, kid: _kid, ...bare } = another();
    const { signing, published } = parseSigningKeys(jwks(signingJwk, bare));
    assert.equal(signing.kid, signingJwk['kid']);
    assert.equal(published[1]?.kid, computeThumbprint(bare));
  });

  test('may be RSA keys, which sign with RS256', async () => {
    const rsa = generateKey('signing', 'RS256');
    const { kid: _kid, alg: _alg, use: _use, ...bare } = rsa;
    const { signing, published } = parseSigningKeys(jwks(bare, signingJwk));
    assert.deepEqual([signing.alg, signing.privateKey.asymmetricKeyType], ['RS256', 'rsa']);
    assert.deepEqual(
      published.map(({ alg }) => alg),
      ['RS256', 'ES256'],
    );
    assert.deepEqual(published[0], {
      kid: await calculateJwkThumbprint({ kty: 'RSA', n: String(rsa.n), e: String(rsa.e) }),
      kty: 'RSA',
      n: rsa.n,
      e: 'AQAB',
      use: 'sig',
      alg: 'RS256',
    });
    assert.equal(signing.kid, rsa['kid']);
    assert.equal(parseSigningKeys(jwks(signingJwk, bare)).signing.alg, 'ES256');
  });

  function generateRsaJwk(modulusLength: number, publicExponent = 65_537): JsonWebKey {
    return generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey.export({ format: 'jwk' });
  }
  const rsa = generateRsaJwk(2048);
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rsaPublicPart } = rsa;
  const { n: foreignModulus } = generateRsaJwk(2048);
  const other = another();
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' });
  const faults: readonly (readonly [string, string, RegExp])[] = [
    ['that are not JSON', 'secret', /must be a JWKS/],
    ['that are one key', JSON.stringify(signingJwk), /must be a JWKS/],
    ['that are none', jwks(), /must be a JWKS/],
    ['of another curve', jwks(p384), /must be a JWKS of EC P-256/],
    ['of another kind', jwks(sealingJwk), /must be a JWKS of EC P-256/],
    ['whose first cannot sign', jwks(publicPart, signingJwk), /first key signs/],
    ['with one kid for two', jwks(signingJwk, { ...other, kid: signingJwk['kid'] }), /same kid/],
    ['off the curve', jwks({ ...signingJwk, x: 'A'.repeat(43) }), /not on its curve/],
    ['of RSA that are short', jwks(signingJwk, generateRsaJwk(2047)), /at least 2048 bits/],
    ['of RSA with another exponent', jwks(generateRsaJwk(2048, 3)), /exponent AQAB/],
    ['of RSA for another algorithm', jwks({ ...rsa, alg: 'PS256' }), /RSA keys for RS256/],
    ['of RSA whose first cannot sign', jwks(rsaPublicPart, signingJwk), /first key signs/],
    ['of RSA without the primes', jwks({ ...rsaPublicPart, d: rsa.d }), /must have d, p, q/],
    ['of RSA with parts of two keys', jwks({ ...rsa, n: foreignModulus }), /private part|invalid key/],
    ['with parts of two keys', jwks({ ...signingJwk, d: other.d }), /private part|curve/],
  ];
  for (const [what, text, message] of faults) {
    test(`${what} are refused without being shown`, () => {
      const said = fault(() => parseSigningKeys(text));
      assert.match(said, message);
      assert.ok(
        !said.includes(String(signingJwk.d)) && !said.includes(String(rsa.d)) && !said.includes('secret'),
      );
    });
  }
});

describe('SEALING_PUBLIC_KEY', () => {
  test('is known by its thumbprint, as another library computes it (RFC 7638)', async () => {
    const { kid } = parseSealingKey(secrets.SEALING_PUBLIC_KEY);
    assert.equal(kid, await calculateJwkThumbprint(JSON.parse(secrets.SEALING_PUBLIC_KEY)));
    assert.equal(
      computeThumbprint(signingJwk),
      await calculateJwkThumbprint(JSON.parse(jwks(signingJwk)).keys[0]),
    );
  });

  test('with its private part is refused: that is for the notifier alone', () => {
    assert.match(
      fault(() => parseSealingKey(JSON.stringify(sealingJwk))),
      /without d/,
    );
  });

  test('that is something else is refused', () => {
    for (const text of ['', 'null', '{}', JSON.stringify(publicPart), secrets.SIGNING_KEYS]) {
      assert.match(
        fault(() => parseSealingKey(text)),
        /public X25519 key/,
      );
    }
  });
});

describe('a secret key', () => {
  test('is 32 bytes or more in base64url or base64', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    assert.deepEqual(parseSecretKey(bytes.toString('base64url')), bytes);
    assert.deepEqual(parseSecretKey(bytes.toString('base64')), bytes);
  });

  test('that is short or something else is refused without being shown', () => {
    for (const text of [
      Buffer.alloc(31).toString('base64url'),
      'correct horse battery staple correct horse',
      'ü'.repeat(50),
    ]) {
      assert.equal(
        fault(() => parseSecretKey(text)),
        'must be 32 random bytes or more in base64url',
      );
    }
  });
});

describe('generated secrets', () => {
  test('fit together, and are different each time', () => {
    assert.equal(parseSealingKey(secrets.SEALING_PUBLIC_KEY).kid, sealingJwk['kid']);
    const again = generateSecrets();
    for (const [name, value] of Object.entries(secrets)) {
      assert.notEqual(Object.entries(again).find(([key]) => key === name)?.[1], value);
      assert.doesNotMatch(value, /\s/);
    }
  });
});

describe('a sealed token', () => {
  const content = {
    token: 'A'.repeat(64),
    to: 'ada@example.com',
    purpose: 'reset',
    userId: '01890a5d-ac96-774b-bcce-b302099a8057',
    expiresAt: '2026-03-01T12:00:00.000Z',
  } as const;
  const sealer = createLinkSealer(parseSealingKey(secrets.SEALING_PUBLIC_KEY));

  test('is opened with the private key alone', async () => {
    const sealed = await sealer.seal(content);
    const { plaintext, protectedHeader } = await compactDecrypt(
      sealed,
      await importJWK(sealingJwk, 'ECDH-ES'),
    );
    assert.deepEqual(JSON.parse(Buffer.from(plaintext).toString()), content);
    assert.equal(protectedHeader.alg, 'ECDH-ES');
    assert.equal(protectedHeader.enc, 'A256GCM');
    assert.equal(protectedHeader.kid, sealingJwk['kid']);
    const foreign: JsonWebKey = JSON.parse(generateSecrets().SEALING_PRIVATE_KEYS).keys[0];
    await assert.rejects(compactDecrypt(sealed, await importJWK(foreign, 'ECDH-ES')));
  });

  test('looks different each time, also for the same content', async () => {
    assert.notEqual(await sealer.seal(content), await sealer.seal(content));
  });
});
