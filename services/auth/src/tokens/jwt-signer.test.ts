import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';
import { createJwtSigner, derToJoseSignature } from './jwt-signer.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/**
 * Encodes a non-negative integer in DER: in as few bytes as possible, with a leading zero byte if the first
 * bit is set.
 */
function derInteger(value: bigint): readonly number[] {
  const digits = value.toString(16);
  const bytes = [...Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')];
  const content = (bytes[0] ?? 0) > 127 ? [0, ...bytes] : bytes;
  return [2, content.length, ...content];
}

test('a signature in DER becomes two integers of 32 bytes each, even if they begin with zeros', () => {
  const integer = fc.oneof(
    fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }),
    fc.bigInt({ min: 1n, max: 2n ** 240n }),
    fc.constantFrom(1n, 127n, 128n, 2n ** 255n - 1n, 2n ** 255n, 2n ** 256n - 1n),
  );
  fc.assert(
    fc.property(integer, integer, (r, s) => {
      const content = [...derInteger(r), ...derInteger(s)];
      const signature = derToJoseSignature(Uint8Array.from([0x30, content.length, ...content]));
      const hex = (value: bigint) => value.toString(16).padStart(64, '0');
      assert.equal(signature.toString('hex'), hex(r) + hex(s));
    }),
  );
});

const keys = {
  ES256: { privateKey, publicKey },
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

for (const alg of ['ES256', 'RS256'] as const)
  test(`a token signed with ${alg} is verified by jose, by jsonwebtoken and by node`, async () => {
    const pair = keys[alg];
    const sign = createJwtSigner({ alg, typ: 'at+jwt', kid: 'a' }, pair.privateKey);
    for (let n = 0; n < 50; n += 1) {
      const token = sign({ n, text: 'ä – 😀' });
      const { payload, protectedHeader } = await jwtVerify(token, pair.publicKey);
      assert.deepEqual(payload, { n, text: 'ä – 😀' });
      assert.deepEqual(protectedHeader, { alg, typ: 'at+jwt', kid: 'a' });
      assert.deepEqual(jwt.verify(token, pair.publicKey, { algorithms: [alg] }), { n, text: 'ä – 😀' });
      const [header, claims, signature = ''] = token.split('.');
      const key = { key: pair.publicKey, dsaEncoding: 'ieee-p1363' } as const;
      assert.ok(
        verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')),
      );
    }
  });
