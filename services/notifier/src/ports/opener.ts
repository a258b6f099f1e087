/** Decrypts links that auth has encrypted for the notifier. */
import type { SealedContent } from '@latchkey/events';
import type { OpenFailure } from '../delivery/attempt.ts';

export type OpenedSeal = { readonly kind: 'opened'; readonly content: SealedContent } | OpenFailure;

/** Decrypts a sealed link. Never rejects because of the data. The content must be neither stored nor logged. */
export type OpenSealed = (sealed: string) => Promise<OpenedSeal>;
