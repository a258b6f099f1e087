import assert from 'node:assert/strict';
import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { describe, it } from 'node:test';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { decryptJwe, encryptJwe } from './jwe.ts';

const { publicKey, privateKey } = generateKeyPairSync('x25519');
const kid = 'our key';
const texts = ['', 'a link', 'ä, 漢字 and 🔑', 'x'.repeat(2000)];

const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Encrypts a text with jose. Allows additional fields in the header. */
function encryptWithJose(
  text: string,
  further: Record<string, unknown> = {},
  prepare: (encrypt: CompactEncrypt) => CompactEncrypt = (encrypt) => encrypt,
  to: KeyObject = publicKey,
): Promise<string> {
  const encrypt = new CompactEncrypt(new TextEncoder().encode(text));
  return prepare(encrypt.setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid, ...further })).encrypt(to);
}

/**
 * Encrypts a text without jose, because jose refuses to create some of the invalid JWEs that the tests need.
 * @param secret the secret that sender and recipient share
 * @param x the member `x` (the coordinate) of the sender's public key in JWK form, which may be invalid
 */
function encryptWithSecret(text: string, secret: Buffer, x: unknown, iv = Buffer.alloc(12)): string {
  const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid, epk: { kty: 'OKP', crv: 'X25519', x } };
  const otherInfo = Buffer.from('000000074132353647434d000000000000000000000100', 'hex');
  const key = createHash('sha256').update('\0\0\0\x01').update(secret).update(otherInfo).digest();
  const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url');
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(protectedHeader));
  const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
  const parts = [iv, encrypted, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return [protectedHeader, '', ...parts].join('.');
}

/**
 * Creates the key pair of a sender.
 * @returns the member `x` of the public key as a JWK, and the secret that the sender shares with the
 * recipient
 */
function ephemeralKey(): { readonly x: string; readonly secret: Buffer } {
  const sender = generateKeyPairSync('x25519');
  const { x = '' } = sender.publicKey.export({ format: 'jwk' });
  return { x, secret: diffieHellman({ privateKey: sender.privateKey, publicKey }) };
}

describe('a JWE', () => {
  it('is decrypted with its key', () => {
    for (const text of texts)
      assert.equal(decryptJwe(encryptJwe(text, { kid, publicKey }), privateKey), text);
  });

  it('of ours is decrypted by jose, which finds the id of the key in the header', async () => {
    const allowed = { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'] };
    for (const text of texts) {
      const jwe = encryptJwe(text, { kid, publicKey });
      const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey, allowed);
      assert.equal(new TextDecoder().decode(plaintext), text);
      assert.equal(protectedHeader.kid, kid);
    }
  });

  it('of jose is decrypted', async () => {
    for (const text of texts) assert.equal(decryptJwe(await encryptWithJose(text), privateKey), text);
  });

  it('never repeats a key or an iv', () => {
    const jwes = [1, 2, 3].map(() => encryptJwe('a link', { kid, publicKey }).split('.'));
    for (const part of [0, 2, 3, 4]) assert.equal(new Set(jwes.map((parts) => parts[part])).size, 3);
  });

  it('is refused if any character was altered', () => {
    const jwe = encryptJwe('a link', { kid, publicKey });
    for (let index = 0; index < jwe.length; index += 1) {
      const other = jwe[index] === 'A' ? 'B' : 'A';
      const altered = jwe.slice(0, index) + other + jwe.slice(index + 1);
      assert.throws(() => decryptJwe(altered, privateKey), `${index} of ${jwe}`);
    }
  });

  it('is refused if it was encrypted to another key', () => {
    const other = generateKeyPairSync('x25519');
    assert.throws(() => decryptJwe(encryptJwe('a link', { kid, ...other }), privateKey));
  });

  it('is refused if its header demands anything else', async () => {
    const apu = new TextEncoder().encode('Ada');
    for (const jwe of [
      encryptWithJose('a link', { enc: 'A128GCM' }),
      encryptWithJose('a link', { alg: 'ECDH-ES+A256KW' }),
      encryptWithJose('a link', { kid: undefined }),
      encryptWithJose('a link', { cty: 'JWT' }),
      encryptWithJose('a link', {}, (encrypt) => encrypt.setKeyManagementParameters({ apu })),
      encryptWithJose('a link', { alg: 'ECDH-ES' }, (encrypt) => encrypt, otherCurve.publicKey),
    ]) {
      const text = await jwe;
      assert.throws(() => decryptJwe(text, privateKey));
      assert.throws(() => decryptJwe(text, otherCurve.privateKey));
    }
  });

  it('is refused if its public key has a low order, so that anybody knows the secret', () => {
    for (const x of [Buffer.alloc(32), Buffer.from([1, ...Buffer.alloc(31)])]) {
      const jwe = encryptWithSecret('a link', Buffer.alloc(32), x.toString('base64url'));
      assert.throws(() => decryptJwe(jwe, privateKey));
    }
  });

  it('is refused if its public key has another length, or is no canonical base64url', () => {
    const { secret, x } = ephemeralKey();
    const bytes = Buffer.from(x, 'base64url');
    const longer = Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url');
    const shorter = bytes.subarray(0, 31).toString('base64url');
    for (const other of [longer, shorter, '', `${x}=`, `${x} `])
      assert.throws(() => decryptJwe(encryptWithSecret('a link', secret, other), privateKey), other);
  });

  it('is refused if its iv has another length', () => {
    const { secret, x } = ephemeralKey();
    assert.equal(decryptJwe(encryptWithSecret('a link', secret, x), privateKey), 'a link');
    for (const bytes of [11, 13, 16]) {
      const jwe = encryptWithSecret('a link', secret, x, Buffer.alloc(bytes));
      assert.throws(() => decryptJwe(jwe, privateKey));
    }
  });

  it('is refused if a part is missing, too many, too short or no base64url', () => {
    const parts = encryptJwe('a link', { kid, publicKey }).split('.');
    const [head = '', , iv = '', text = '', tag = ''] = parts;
    for (const wrong of [
      '',
      'a.b.c.d.e',
      parts.slice(0, 4).join('.'),
      [...parts, ''].join('.'),
      [head, 'AAAA', iv, text, tag].join('.'),
      [head, '', iv.slice(0, 12), text, tag].join('.'),
      [head, '', iv, text, tag.slice(0, 16)].join('.'),
      [head, '', iv, text, ''].join('.'),
      [head, '', iv, `${text}=`, tag].join('.'),
      [head, '', `${iv} `, text, tag].join('.'),
    ])
      assert.throws(() => decryptJwe(wrong, privateKey), wrong);
  });

  /**
   * RFC 8037, appendix A.6, contains keys and their shared secret, but no JWE. The test creates a JWE with
   * jose from these keys.
   */
  it('is decrypted with the keys of RFC 8037', async () => {
    const bob = createPublicKey({
      key: { kty: 'OKP', crv: 'X25519', x: '3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08' },
      format: 'jwk',
    });
    const bobsPrivateKey = createPrivateKey({
      key: {
        kty: 'OKP',
        crv: 'X25519',
        x: '3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08',
        d: 'XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os',
      },
      format: 'jwk',
    });
    assert.equal(decryptJwe(await encryptWithJose('a link', {}, undefined, bob), bobsPrivateKey), 'a link');
  });
});
