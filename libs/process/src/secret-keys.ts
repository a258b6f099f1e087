/** Parses secret keys in settings. During a key rotation, a setting contains several keys. */
import { createHmac, createPublicKey, hash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from './json.ts';

/** Thrown if a key is invalid. The message gives the reason, but contains no part of the key. */
export class InvalidKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidKeyError';
  }
}

export interface SecretKey {
  /**
   * The key's id, which is stored with all data that depends on the key. Undefined for a key that was created
   * by an earlier release, which gave keys no ids.
   */
  readonly kid?: string;
  readonly bytes: Buffer;
}

/**
 * The keys of one setting. The first key is used for new data. Data that was created with another key of the
 * setting remains valid.
 */
export type SecretKeys = readonly [SecretKey, ...SecretKey[]];

const SECRET_KEY_BYTES = 32;

const secretJwk = z.object({
  kty: z.literal('oct'),
  k: z.string(),
  kid: z
    .string()
    .regex(/^[\w-]{1,40}$/)
    .optional(),
});
const secretJwks = z.object({ keys: z.array(secretJwk).min(1) });

/** Parses one key: 32 bytes or more in base64url (or base64). @throws InvalidKeyError */
export function parseSecretKey(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  const spelt =
    bytes.toString('base64url') === text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  if (!spelt || bytes.length < SECRET_KEY_BYTES) {
    throw new InvalidKeyError(`must be ${SECRET_KEY_BYTES} random bytes or more in base64url`);
  }
  return bytes;
}

/**
 * Parses one key in base64url, or a JWKS of symmetric keys (`oct`), newest first. One key of a JWKS may have
 * no kid, because an earlier release stored a single key without a kid.
 * @throws InvalidKeyError
 */
export function parseSecretKeys(text: string): SecretKeys {
  if (!text.trimStart().startsWith('{')) return [{ bytes: parseSecretKey(text) }];
  const [first, ...others] = (secretJwks.safeParse(parseJson(text)).data?.keys ?? []).map(
    ({ k, kid }): SecretKey => ({ bytes: parseSecretKey(k), ...(kid !== undefined && { kid }) }),
  );
  if (first === undefined)
    throw new InvalidKeyError(
      'must be 32 random bytes or more in base64url, or a JWKS of such keys: {"keys": [{"kty": "oct", "kid": …, "k": …}]}',
    );
  const keys = [first, ...others] as const;
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length)
    throw new InvalidKeyError('two keys have the same kid');
  if (new Set(keys.map(({ bytes }) => bytes.toString('base64'))).size < keys.length)
    throw new InvalidKeyError('one key is listed twice');
  return keys;
}

/**
 * Returns a fingerprint that identifies a key without revealing it. The fingerprint is the MAC, with this
 * key, of a fixed text that contains the name of the setting. This text is used for no other purpose.
 * @param setting the name of the setting that contains the key
 */
export function computeSecretFingerprint(setting: string, key: Buffer): string {
  return createHmac('sha256', key).update(`latchkey fingerprint of ${setting}`).digest('base64url');
}

/** Returns a fingerprint that identifies a key pair: the digest of its public key. */
export function computeKeyPairFingerprint(privateKey: KeyObject): string {
  const publicPart = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return hash('sha256', publicPart, 'base64url');
}
