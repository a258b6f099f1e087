/** Decrypts compact JWE (ECDH-ES over X25519, A256GCM) with the private keys of SEALING_PRIVATE_KEYS. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { sealedContent } from '@latchkey/events';
import { decryptJwe } from '@latchkey/tokens/jwe';
import { calculateJwkThumbprint, decodeProtectedHeader, type JWK } from 'jose';
import type { DecryptSealedLink } from '../ports/decrypter.ts';

/**
 * Returns a map from which a key can be found by its thumbprint (RFC 7638) or by its own `kid`, if it has
 * one. The `kid` of a sealed link is the thumbprint of the key.
 */
async function keysById(jwks: { readonly keys: readonly JWK[] }): Promise<ReadonlyMap<string, KeyObject>> {
  const entries = await Promise.all(
    jwks.keys.map(async (jwk) => {
      const key = createPrivateKey({ key: jwk, format: 'jwk' });
      const ids = [await calculateJwkThumbprint(jwk), ...(jwk.kid ? [jwk.kid] : [])];
      return ids.map((id) => [id, key] as const);
    }),
  );
  return new Map(entries.flat());
}

/** Returns the id of the key with which a link was sealed; undefined if the text is not a sealed link. */
export function getSealedLinkKeyId(sealed: string): string | undefined {
  try {
    return decodeProtectedHeader(sealed).kid;
  } catch {
    return undefined;
  }
}

/**
 * Creates the function that decrypts sealed links.
 * @throws Error if a key is unusable
 */
export async function createLinkDecrypter(jwks: {
  readonly keys: readonly JWK[];
}): Promise<DecryptSealedLink> {
  const keys = await keysById(jwks);
  return async (sealed) => {
    const keyId = getSealedLinkKeyId(sealed);
    if (keyId === undefined) return { kind: 'broken' };
    const key = keys.get(keyId);
    if (!key) return { kind: 'unknown-key', keyId };
    try {
      const content = sealedContent.parse(JSON.parse(decryptJwe(sealed, key)));
      return { kind: 'opened', content };
    } catch {
      return { kind: 'broken' };
    }
  };
}
