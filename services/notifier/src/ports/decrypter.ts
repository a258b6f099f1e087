/** Decrypts links that auth has encrypted for the notifier. */
import type { SealedContent } from '@latchkey/events';
import type { DecryptionFailure } from '../delivery/attempt.ts';

export type DecryptionResult =
  | { readonly kind: 'opened'; readonly content: SealedContent }
  | DecryptionFailure;

/**
 * Decrypts a sealed link. Never rejects because of the data. The content of the link must be neither stored
 * nor logged.
 */
export type DecryptSealedLink = (sealed: string) => Promise<DecryptionResult>;
