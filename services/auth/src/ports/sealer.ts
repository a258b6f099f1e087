import type { SealedContent } from '@latchkey/events';

/** Encrypts the content of a mailed link, including its one-time token, with the notifier's public key. */
export interface LinkSealer {
  /** Encrypts the content of a mailed link, and returns a compact JWE (ECDH-ES over X25519, A256GCM). */
  seal(content: SealedContent): Promise<string>;
}
