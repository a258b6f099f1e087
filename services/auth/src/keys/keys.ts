/** Parses the keys in auth's settings, and determines their ids. */
import {
  createPrivateKey,
  createPublicKey,
  hash,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { type EventSigner, eventSigner, type Signature, signingKeyId, signText } from '@latchkey/events';
import { InvalidKeyError, parseJson } from '@latchkey/process';
import { z } from 'zod';

/**
 * A public key for verifying access tokens, as published in the JWKS. Contains no private members (RFC 7517,
 * 9.3).
 */
export interface PublicSigningKey {
  readonly kid: string;
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly use: 'sig';
  readonly alg: 'ES256';
}

/** The parsed keys that sign access tokens. */
export interface SigningKeys {
  /** The key that signs new tokens, which is the first of the configured keys. */
  readonly signing: { readonly kid: string; readonly privateKey: KeyObject };
  /**
   * The public parts of all configured keys, including keys that signed earlier tokens or will sign later
   * ones.
   */
  readonly published: readonly PublicSigningKey[];
}

/** A public key for verifying events, without private members. */
export interface PublicEventKey {
  readonly kid: string;
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

/** The parsed keys that sign events. */
export interface EventKeys {
  /** Signs events with the first of the configured keys. */
  readonly signer: EventSigner;
  /**
   * Signs a text, for example an anchor, with the first of the configured keys. The text must not be an
   * event, and must begin with the name of its purpose, so that nobody can use the signature for another
   * purpose.
   */
  signText(text: string): Signature;
  /**
   * The public parts of all configured keys, including keys that signed earlier events or will sign later
   * ones.
   */
  readonly published: readonly PublicEventKey[];
}

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
const eventJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: member,
  d: member.optional(),
  kid: signingKeyId.optional(),
});
const eventJwks = z.object({ keys: z.array(eventJwk).min(1) });
const sealingJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('X25519'),
  x: member,
  d: z.undefined().optional(),
});

/**
 * Parses SIGNING_KEYS: a JWKS of EC P-256 keys. The first key must include its private part.
 * @throws InvalidKeyError
 */
export function parseSigningKeys(text: string): SigningKeys {
  const parsed = signingJwks.safeParse(parseJson(text));
  const [first, ...others] = parsed.data?.keys ?? [];
  if (first === undefined)
    throw new InvalidKeyError('must be a JWKS of EC P-256 keys: {"keys": [{"kty": "EC", …}]}');
  if (first.d === undefined)
    throw new InvalidKeyError('the first key signs: it must have its private part, d');
  const published = [first, ...others].map(publicSigningKey);
  const [{ kid } = { kid: '' }] = published;
  if (new Set(published.map((key) => key.kid)).size < published.length)
    throw new InvalidKeyError('two keys have the same kid');
  return { signing: { kid, privateKey: privateSigningKey(first) }, published };
}

/**
 * Parses EVENT_SIGNING_KEYS: a JWKS of Ed25519 keys. The first key must include its private part.
 * @throws InvalidKeyError
 */
export function parseEventKeys(text: string): EventKeys {
  const parsed = eventJwks.safeParse(parseJson(text));
  const [first, ...others] = parsed.data?.keys ?? [];
  if (first === undefined)
    throw new InvalidKeyError(
      'must be a JWKS of Ed25519 keys: {"keys": [{"kty": "OKP", "crv": "Ed25519", …}]}',
    );
  if (first.d === undefined)
    throw new InvalidKeyError('the first key signs events: it must have its private part, d');
  const published = [first, ...others].map(publicEventKey);
  const [{ kid } = { kid: '' }] = published;
  if (new Set(published.map((each) => each.kid)).size < published.length)
    throw new InvalidKeyError('two keys have the same kid');
  const key = privateEventKey(first);
  return { signer: eventSigner({ kid, key }), signText: (text) => signText(text, kid, key), published };
}

/**
 * Parses SEALING_PUBLIC_KEY: a single JWK (OKP, X25519). It must not include the private part, which only the
 * notifier may have.
 * @throws InvalidKeyError
 */
export function parseSealingKey(text: string): { readonly kid: string; readonly publicKey: KeyObject } {
  const parsed = sealingJwk.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new InvalidKeyError(
      'must be a public X25519 key as a JWK: {"kty": "OKP", "crv": "X25519", "x": …}, without d',
    );
  }
  const { kty, crv, x } = parsed.data;
  const jwk = { crv, kty, x };
  return {
    kid: computeThumbprint(jwk),
    publicKey: usable(() => createPublicKey({ key: jwk, format: 'jwk' })),
  };
}

/** Returns the JWK thumbprint (RFC 7638) of a public key. */
export function computeThumbprint(jwk: JsonWebKey): string {
  const { crv, kty, x, y } = jwk;
  return hash('sha256', JSON.stringify({ crv, kty, x, ...(y === undefined ? {} : { y }) }), 'base64url');
}

type EventJwk = z.infer<typeof eventJwk>;

function publicEventKey({ kty, crv, x, kid }: EventJwk): PublicEventKey {
  usable(() => createPublicKey({ key: { kty, crv, x }, format: 'jwk' }));
  return { kid: kid ?? computeThumbprint({ kty, crv, x }), kty, crv, x, use: 'sig', alg: 'EdDSA' };
}

function privateEventKey({ kty, crv, x, d = '' }: EventJwk): KeyObject {
  const privateKey = usable(() => createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' }));
  // Check that the private part matches the public part, because Node accepts a private part that does not
  // match.
  if (createPublicKey(privateKey).export({ format: 'jwk' }).x !== x)
    throw new InvalidKeyError('the private part of the first key does not belong to its public part');
  return privateKey;
}

type SigningJwk = z.infer<typeof signingJwk>;

function publicSigningKey({ kty, crv, x, y, kid }: SigningJwk): PublicSigningKey {
  usable(() => createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }));
  return { kid: kid ?? computeThumbprint({ kty, crv, x, y }), kty, crv, x, y, use: 'sig', alg: 'ES256' };
}

function privateSigningKey(jwk: SigningJwk): KeyObject {
  const { kty, crv, x, y, d = '' } = jwk;
  const privateKey = usable(() => createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' }));
  // Check by signing that the private part matches the public part, because Node accepts a private part that
  // does not match.
  const probe = Buffer.from('latchkey');
  const fits = verify(
    'sha256',
    probe,
    createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }),
    sign('sha256', probe, privateKey),
  );
  if (!fits)
    throw new InvalidKeyError('the private part of the first key does not belong to its public part');
  return privateKey;
}

function usable(create: () => KeyObject): KeyObject {
  try {
    return create();
  } catch {
    throw new InvalidKeyError('holds a key that is not on its curve');
  }
}
