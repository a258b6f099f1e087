/**
 * Encrypts and decrypts compact JWE (RFC 7516) with ECDH-ES over X25519 (RFC 7518, section 4.6; RFC 8037) and
 * A256GCM. Every mail with a link needs an encryption and a decryption. They use the primitives of
 * node:crypto, because jose uses WebCrypto, which runs each of seven steps on another thread. Waiting for
 * these threads takes more CPU time than the cryptography.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { z } from 'zod';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The schema of the header is strict, so that a JWE with any further header field is refused, because `zip`,
 * `crit`, `apu` and `apv` would change how a JWE is decrypted.
 */
const header = z.strictObject({
  alg: z.literal('ECDH-ES'),
  enc: z.literal('A256GCM'),
  kid: z.string(),
  epk: z.object({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: z.string() }),
});

/**
 * Encrypts a text.
 * @param recipient the public X25519 key of the recipient, and the key's id for the header `kid`
 * @returns a compact JWE
 */
export function encryptJwe(
  text: string,
  recipient: { readonly kid: string; readonly publicKey: KeyObject },
): string {
  const { publicKey: ephemeral, privateKey } = generateKeyPairSync('x25519');
  const { kty, crv, x } = ephemeral.export({ format: 'jwk' });
  const words = { alg: 'ECDH-ES', enc: 'A256GCM', kid: recipient.kid, epk: { kty, crv, x } };
  const protectedHeader = Buffer.from(JSON.stringify(words)).toString('base64url');
  const iv = randomBytes(IV_BYTES);
  const key = deriveKey({ privateKey, publicKey: recipient.publicKey });
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(protectedHeader));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [protectedHeader, '', ...[iv, encrypted, cipher.getAuthTag()].map(toBase64Url)].join('.');
}

/**
 * Decrypts a text.
 * @throws Error if the text is not a JWE of the kind that `encryptJwe` creates, was encrypted for another
 * key, or was altered
 */
export function decryptJwe(jwe: string, privateKey: KeyObject): string {
  const [protectedHeader = '', encryptedKey, ...parts] = jwe.split('.');
  const [iv, encrypted, tag] = parts.map(fromBase64Url);
  if (parts.length !== 3 || encryptedKey !== '' || encrypted === undefined || tag === undefined)
    throw new Error('no compact JWE with a directly agreed key');
  if (iv?.length !== IV_BYTES) throw new Error(`the iv has ${iv?.length} bytes`);
  const { epk } = header.parse(JSON.parse(fromBase64Url(protectedHeader).toString()));
  const key = deriveKey({ privateKey, publicKey: toPublicKey(epk.x) });
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(protectedHeader)).setAuthTag(tag);
  return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString();
}

/**
 * Derives the A256GCM key from the shared secret of two keys, with the Concat KDF of RFC 7518, section 4.6.2.
 * @throws Error if the public key has a low order, because an attacker would then know the secret (RFC 7748,
 * section 6.1)
 */
function deriveKey(keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): KeyObject {
  const secret = diffieHellman(keys);
  // Return the key as a key object. Creating a cipher from the bytes of a key would take five times as long:
  // Node first treats the bytes as a key object, which causes an exception that Node catches.
  return createSecretKey(createHash('sha256').update(FIRST_ROUND).update(secret).update(OTHER_INFO).digest());
}

/**
 * The beginning of a public X25519 key in the form of RFC 8410, section 10.1, in base64. The 32 bytes of the
 * key itself come after it.
 */
const X25519_PREFIX = 'MCowBQYDK2VuAyEA';
const X25519_BYTES = 32;

/**
 * Returns a public X25519 key as a key object. Reads the key as PEM, because Node takes three times as long
 * to read a JWK.
 * @param x the member `x` of the key as a JWK
 * @throws Error if `x` is not an X25519 key
 */
function toPublicKey(x: string): KeyObject {
  const bytes = fromBase64Url(x);
  if (bytes.length !== X25519_BYTES) throw new Error(`the public key has ${bytes.length} bytes`);
  const key = X25519_PREFIX + bytes.toString('base64');
  return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${key}\n-----END PUBLIC KEY-----`);
}

const FIRST_ROUND = uint32(1);
const ALGORITHM = Buffer.from('A256GCM');
/**
 * The inputs of the Concat KDF after the shared secret: AlgorithmID, empty PartyUInfo, empty PartyVInfo, and
 * the length of the key in bits.
 */
const OTHER_INFO = Buffer.concat([uint32(ALGORITHM.length), ALGORITHM, uint32(0), uint32(0), uint32(256)]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function toBase64Url(bytes: Buffer): string {
  return bytes.toString('base64url');
}

/**
 * Decodes base64url (RFC 4648, section 5).
 * @throws Error if the text contains any other character. Node's own decoder would skip such characters
 */
function fromBase64Url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (toBase64Url(bytes) !== text) throw new Error('not base64url');
  return bytes;
}
