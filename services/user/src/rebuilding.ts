/** Rebuilding the read model beside running instances: for ops. */
import { setTimeout } from 'node:timers/promises';
import type { Groups } from '@latchkey/bus';
import { type Store, storesOf } from './backends.ts';
import { createRebuild, type Rebuild } from './rebuild/rebuild.ts';

export type { Parity } from './rebuild/compare-generations.ts';
export type { GenerationState, Rebuild } from './rebuild/rebuild.ts';

/** Every method rejects with StoreUnavailable, or with what the log rejects with, while one of them is away. */
export function openRebuild(store: Store, groups: Groups): Rebuild {
  return createRebuild({
    ...storesOf(store),
    groups,
    now: () => new Date(),
    pause: async (ms) => setTimeout(ms),
  });
}
