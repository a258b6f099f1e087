/** Parses the keys in auth's settings, and identifies them. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { parseJson } from '@latchkey/process';
import { z } from 'zod';

/** Why a key is invalid. The message contains no part of the key. */
export class KeyFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeyFault';
  }
}

/** Has no private members (RFC 7517, 9.3). */
export interface PublicSigningKey {
  readonly kid: string;
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly use: 'sig';
  readonly alg: 'ES256';
}

export interface SigningKeys {
  /** The first key of the set. */
  readonly signing: { readonly kid: string; readonly privateKey: KeyObject };
  /** All keys, including those that signed earlier or will sign next. */
  readonly published: readonly PublicSigningKey[];
}

const SECRET_KEY_BYTES = 32;

const member = z.string().regex(/^[\w-]{43}$/);
const signingJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: member,
  y: member,
  d: member.optional(),
  kid: z.string().min(1).max(200).optional(),
});
const signingJwks = z.object({ keys: z.array(signingJwk).min(1) });
const sealingJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('X25519'),
  x: member,
  d: z.undefined().optional(),
});

/**
 * Parses SIGNING_KEYS: a JWKS of EC P-256 keys, of which the first must have its private part.
 * @throws KeyFault
 */
export function parseSigningKeys(text: string): SigningKeys {
  const parsed = signingJwks.safeParse(parseJson(text));
  const [first, ...others] = parsed.data?.keys ?? [];
  if (first === undefined)
    throw new KeyFault('must be a JWKS of EC P-256 keys: {"keys": [{"kty": "EC", …}]}');
  if (first.d === undefined) throw new KeyFault('the first key signs: it must have its private part, d');
  const published = [first, ...others].map(publicSigningKey);
  const [{ kid } = { kid: '' }] = published;
  if (new Set(published.map((key) => key.kid)).size < published.length)
    throw new KeyFault('two keys have the same kid');
  return { signing: { kid, privateKey: privateSigningKey(first) }, published };
}

/**
 * Parses SEALING_PUBLIC_KEY: one JWK, OKP X25519, without its private part, which only the notifier may have.
 * @throws KeyFault
 */
export function parseSealingKey(text: string): { readonly kid: string; readonly publicKey: KeyObject } {
  const parsed = sealingJwk.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new KeyFault(
      'must be a public X25519 key as a JWK: {"kty": "OKP", "crv": "X25519", "x": …}, without d',
    );
  }
  const { kty, crv, x } = parsed.data;
  const jwk = { crv, kty, x };
  return { kid: thumbprint(jwk), publicKey: usable(() => createPublicKey({ key: jwk, format: 'jwk' })) };
}

/**
 * Parses PASSWORD_SALT_KEY or REFRESH_KEY: 32 bytes or more in base64url (or base64).
 * @throws KeyFault
 */
export function parseSecretKey(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  const spelt =
    bytes.toString('base64url') === text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  if (!spelt || bytes.length < SECRET_KEY_BYTES) {
    throw new KeyFault(`must be ${SECRET_KEY_BYTES} random bytes or more in base64url`);
  }
  return bytes;
}

/** Returns the thumbprint of a key (RFC 7638). */
export function thumbprint(jwk: JsonWebKey): string {
  const { crv, kty, x, y } = jwk;
  return hash('sha256', JSON.stringify({ crv, kty, x, ...(y === undefined ? {} : { y }) }), 'base64url');
}

/**
 * Returns the fingerprints of the keys that must never change, so that a start with other keys can be refused:
 * with another PASSWORD_SALT_KEY no password is ever correct again; with another REFRESH_KEY (or different keys on
 * several instances) sessions end at random. Signing and sealing keys may be rotated, and are identified by `kid`.
 */
export function fingerprints(keys: {
  readonly PASSWORD_SALT_KEY: Buffer;
  readonly REFRESH_KEY: Buffer;
}): Readonly<Record<'PASSWORD_SALT_KEY' | 'REFRESH_KEY', string>> {
  return {
    PASSWORD_SALT_KEY: fingerprint('PASSWORD_SALT_KEY', keys.PASSWORD_SALT_KEY),
    REFRESH_KEY: fingerprint('REFRESH_KEY', keys.REFRESH_KEY),
  };
}

// Returns a MAC, with the key itself, of a text that is signed nowhere else: it identifies the key and reveals
// nothing about it.
function fingerprint(name: string, key: Buffer): string {
  return createHmac('sha256', key).update(`latchkey fingerprint of ${name}`).digest('base64url');
}

type SigningJwk = z.infer<typeof signingJwk>;

function publicSigningKey({ kty, crv, x, y, kid }: SigningJwk): PublicSigningKey {
  usable(() => createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }));
  return { kid: kid ?? thumbprint({ kty, crv, x, y }), kty, crv, x, y, use: 'sig', alg: 'ES256' };
}

function privateSigningKey(jwk: SigningJwk): KeyObject {
  const { kty, crv, x, y, d = '' } = jwk;
  const privateKey = usable(() => createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' }));
  // Node accepts a private key that does not match the public key.
  const probe = Buffer.from('latchkey');
  const fits = verify(
    'sha256',
    probe,
    createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }),
    sign('sha256', probe, privateKey),
  );
  if (!fits) throw new KeyFault('the private part of the first key does not belong to its public part');
  return privateKey;
}

function usable(create: () => KeyObject): KeyObject {
  try {
    return create();
  } catch {
    throw new KeyFault('holds a key that is not on its curve');
  }
}
