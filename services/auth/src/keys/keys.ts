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

/** The algorithms with which access tokens can be signed (RFC 7518, 3.1). */
export const signingAlgorithms = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** The public members of a key that signs access tokens (RFC 7518, 6). */
type PublicMembers =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/**
 * A public key for verifying access tokens, as published in the JWKS. Contains no private members (RFC 7517,
 * 9.3). Verifiers accept only tokens whose algorithm is `alg`.
 */
export type PublicSigningKey = PublicMembers & {
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: SigningAlgorithm;
};

/** The parsed keys that sign access tokens. */
export interface SigningKeys {
  /** The key that signs new tokens, which is the first of the configured keys. */
  readonly signing: {
    readonly kid: string;
    readonly alg: SigningAlgorithm;
    readonly privateKey: KeyObject;
  };
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
const ecSigningJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: member,
  y: member,
  d: member.exactOptional(),
  kid: z.string().min(1).max(200).exactOptional(),
});
const integer = z.string().regex(/^[\w-]+$/);
const rsaSigningJwk = z.object({
  kty: z.literal('RSA'),
  // An RSA key could be used with several algorithms, so a key that is meant for another one is refused.
  alg: z.literal('RS256').exactOptional(),
  n: integer,
  // The exponent 65537, which every common program uses. With the exponent 1, anybody could sign.
  e: z.literal('AQAB'),
  d: integer.exactOptional(),
  p: integer.exactOptional(),
  q: integer.exactOptional(),
  dp: integer.exactOptional(),
  dq: integer.exactOptional(),
  qi: integer.exactOptional(),
  kid: z.string().min(1).max(200).exactOptional(),
});
const signingJwk = z.discriminatedUnion('kty', [ecSigningJwk, rsaSigningJwk]);
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
 * Parses SIGNING_KEYS: a JWKS of EC P-256 keys, which sign with ES256, and RSA keys, which sign with RS256. The
 * first key must include its private part.
 * @throws InvalidKeyError
 */
export function parseSigningKeys(text: string): SigningKeys {
  const parsed = signingJwks.safeParse(parseJson(text));
  const [first, ...others] = parsed.data?.keys ?? [];
  if (first === undefined)
    throw new InvalidKeyError(
      'must be a JWKS of EC P-256 keys, or of RSA keys for RS256 with the exponent AQAB: {"keys": [{"kty": "EC", …}]}',
    );
  if (first.d === undefined)
    throw new InvalidKeyError('the first key signs: it must have its private part, d');
  const current = publicSigningKey(first);
  const published = [current, ...others.map(publicSigningKey)];
  if (new Set(published.map((key) => key.kid)).size < published.length)
    throw new InvalidKeyError('two keys have the same kid');
  const { kid, alg } = current;
  return { signing: { kid, alg, privateKey: privateSigningKey(first) }, published };
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
  const { crv, e, kty, n, x, y } = jwk;
  // The required members of a kind of key, in alphabetical order. JSON omits undefined members.
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return hash('sha256', JSON.stringify(members), 'base64url');
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

const LEAST_RSA_BITS = 2048;

function publicMembersOf(jwk: SigningJwk): PublicMembers {
  if (jwk.kty === 'RSA') return { kty: jwk.kty, n: jwk.n, e: jwk.e };
  const { kty, crv, x, y } = jwk;
  return { kty, crv, x, y };
}

function publicSigningKey(jwk: SigningJwk): PublicSigningKey {
  const members = publicMembersOf(jwk);
  const key = usable(() => createPublicKey({ key: { ...members }, format: 'jwk' }));
  const { modulusLength = LEAST_RSA_BITS } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < LEAST_RSA_BITS)
    throw new InvalidKeyError(`an RSA key must have at least ${LEAST_RSA_BITS} bits`);
  const alg = members.kty === 'RSA' ? 'RS256' : 'ES256';
  return { kid: jwk.kid ?? computeThumbprint({ ...members }), ...members, use: 'sig', alg };
}

function privateSigningKey(jwk: SigningJwk): KeyObject {
  if (jwk.kty === 'RSA' && [jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].includes(undefined))
    throw new InvalidKeyError('the first key signs: as an RSA key, it must have d, p, q, dp, dq and qi');
  const privateKey = usable(() => createPrivateKey({ key: { ...jwk }, format: 'jwk' }));
  const publicKey = createPublicKey({ key: { ...publicMembersOf(jwk) }, format: 'jwk' });
  // Check by signing that the private part matches the public part, because Node accepts a private part that
  // does not match.
  const probe = Buffer.from('latchkey');
  const signature = usable(() => sign('sha256', probe, privateKey));
  if (!verify('sha256', probe, publicKey, signature))
    throw new InvalidKeyError('the private part of the first key does not belong to its public part');
  return privateKey;
}

/** Returns the result of an operation with a key. @throws InvalidKeyError if the key does not allow it */
function usable<Result>(operation: () => Result): Result {
  try {
    return operation();
  } catch {
    throw new InvalidKeyError('holds an invalid key, for example one that is not on its curve');
  }
}
