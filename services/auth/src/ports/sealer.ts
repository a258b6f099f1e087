import type { SealedContent } from '@latchkey/events';

/** Encrypts a one-time token to the notifier's public key. */
export interface Sealer {
  /** Returns a compact JWE (ECDH-ES over X25519, A256GCM). */
  seal(content: SealedContent): Promise<string>;
}
