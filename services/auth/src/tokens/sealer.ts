import type { KeyObject } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import type { Sealer } from '../ports/sealer.ts';

/**
 * Creates a sealer.
 * @param key the setting SEALING_PUBLIC_KEY; its thumbprint `kid` tells the notifier which private key to use
 */
export function createSealer(key: { readonly kid: string; readonly publicKey: KeyObject }): Sealer {
  const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid };
  const encoder = new TextEncoder();
  return {
    seal: (content) =>
      new CompactEncrypt(encoder.encode(JSON.stringify(content)))
        .setProtectedHeader(header)
        .encrypt(key.publicKey),
  };
}
