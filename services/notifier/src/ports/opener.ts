/** Opens what auth has sealed to the notifier. */
import type { SealedContent } from '@latchkey/events';
import type { OpenFailure } from '../delivery/attempt.ts';

export type Opened = { readonly kind: 'opened'; readonly content: SealedContent } | OpenFailure;

/** Never rejects on data. What it returns stays in memory: it is neither stored nor logged. */
export type OpenSealed = (sealed: string) => Promise<Opened>;
