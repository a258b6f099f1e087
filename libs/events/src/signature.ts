/** Signatures of event hashes: Ed25519, created with a key from auth's JWKS. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/**
 * The id of the signing key and the signature, in the form in which the header contains them:
 * `<kid>.<base64url>`.
 */
export type Signature = string;

/** Signs events with a private key of auth. */
export interface EventSigner {
  /** Signs the hash of an event. */
  sign(hash: string): Signature;
  /**
   * Signs the hash of an event like `sign`, but on the thread pool, so that signing many hashes does not
   * block the event loop.
   */
  signOnThreadPool(hash: string): Promise<Signature>;
}

/**
 * The prefix of the signed text (domain separation). The same key may also sign other texts. Because of the
 * prefix, a signature of another text is never valid for an event.
 */
const DOMAIN = 'latchkey-event:';

/** The schema of a signing key's id, which excludes ids that do not fit into the signature header. */
export const signingKeyId = z.string().regex(/^[\w.~-]{1,100}$/);

/** The length of an Ed25519 signature in base64url. */
const BYTES_LENGTH = 86;

const signatureText = /^[\w.~-]{1,100}\.[\w-]{86}$/;

/**
 * Returns a signer of event hashes.
 * @param key a private Ed25519 key
 */
export function eventSigner({ kid, key }: { readonly kid: string; readonly key: KeyObject }): EventSigner {
  return {
    sign: (hash) => signText(DOMAIN + hash, kid, key),
    signOnThreadPool: (hash) =>
      new Promise((resolve, reject) => {
        sign(null, Buffer.from(DOMAIN + hash), key, (error, bytes) =>
          error === null ? resolve(toSignature(kid, bytes)) : reject(error),
        );
      }),
  };
}

/**
 * Signs a text. Each kind of signed text must begin with a different prefix, so that no signature is valid
 * for another kind of text. The prefix of event hashes is `DOMAIN`.
 */
export function signText(text: string, kid: string, privateKey: KeyObject): Signature {
  return toSignature(kid, sign(null, Buffer.from(text), privateKey));
}

function toSignature(kid: string, bytes: Buffer): Signature {
  return `${kid}.${bytes.toString('base64url')}`;
}

/** Returns the key id in a signature; undefined if the text is not a signature. */
export function keyIdOf(signature: Signature): string | undefined {
  return signatureText.test(signature) ? signature.slice(0, -BYTES_LENGTH - 1) : undefined;
}

/**
 * Returns whether a signature of this hash is valid.
 * @param publicKey the public Ed25519 key that the signature names
 */
export function isSignedBy(publicKey: KeyObject, eventHash: string, signature: Signature): boolean {
  return isTextSignedBy(publicKey, DOMAIN + eventHash, signature);
}

/**
 * Returns whether a signature of a hash is valid, like `isSignedBy`, but runs on the thread pool, so that
 * verifying many signatures does not block the event loop.
 */
export function verifySignature(
  publicKey: KeyObject,
  eventHash: string,
  signature: Signature,
): Promise<boolean> {
  const bytes = bytesIn(signature);
  if (bytes === undefined) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    verify(null, Buffer.from(DOMAIN + eventHash), publicKey, bytes, (error, isValid) =>
      error === null ? resolve(isValid) : reject(error),
    );
  });
}

/** Returns whether a signature of a text is valid. */
export function isTextSignedBy(publicKey: KeyObject, text: string, signature: Signature): boolean {
  const bytes = bytesIn(signature);
  return bytes !== undefined && verify(null, Buffer.from(text), publicKey, bytes);
}

/** Returns the bytes of a signature; undefined if the text is not a signature. */
function bytesIn(signature: Signature): Buffer | undefined {
  return signatureText.test(signature) ? Buffer.from(signature.slice(-BYTES_LENGTH), 'base64url') : undefined;
}

const eventKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[\w-]{43}$/),
  kid: signingKeyId,
});

const jwksSchema = z.object({ keys: z.array(z.unknown()) });

/**
 * Returns the keys of a JWKS that may sign events, by key id: all of its Ed25519 keys.
 * @throws Error if the value is not a JWKS
 */
export function eventKeysIn(jwks: unknown): ReadonlyMap<string, KeyObject> {
  const parsed = jwksSchema.safeParse(jwks);
  if (!parsed.success) throw new Error('not a JWKS: {"keys": […]}');
  const keys = parsed.data.keys.flatMap((each) => eventKey.safeParse(each).data ?? []);
  return new Map(keys.map(({ kid, ...key }) => [kid, createPublicKey({ key, format: 'jwk' })] as const));
}
