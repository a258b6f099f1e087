/** Caches the pointer to the active generation, which other processes may change in the store. */
import type { Logger } from '@latchkey/process';
import { runLoop, type Sleep } from '@latchkey/process/loop';
import { type GenerationPointer, initialGenerationPointer } from '../generation/pointer.ts';
import type { GenerationStore } from '../ports/generations.ts';

const REFRESH_EVERY_MS = 1000;
/** The maximum age of a cached pointer that may be used for a response, in ms. */
const MAX_AGE_MS = 5000;
/**
 * How long after a switchover an instance may still read the former generation, in ms. This is twice
 * MAX_AGE_MS, because the clocks of instances may run at different speeds.
 */
export const MAX_GENERATION_SWITCHOVER_DELAY_MS = 2 * MAX_AGE_MS;

export interface GenerationPointerCache {
  /** Returns the pointer from the last read of the store, however old it is. */
  last(): GenerationPointer;
  /**
   * Returns a pointer that is at most five seconds old. Reads it from the store if the cached pointer is older.
   * @throws StoreUnavailable
   */
  fresh(): Promise<GenerationPointer>;
  /** Reads the pointer from the store, and caches it. @throws StoreUnavailable */
  refresh(): Promise<GenerationPointer>;
  /**
   * Reads the pointer every second, and passes it to `onRefresh`.
   * @returns a function that ends these reads
   */
  follow(onRefresh: (pointer: GenerationPointer) => void): () => void;
}

export function createGenerationPointerCache(deps: {
  readonly generations: Pick<GenerationStore, 'read'>;
  readonly logger: Logger;
  /** Returns the time of a monotonic clock, in ms. */
  readonly monotonic: () => number;
  readonly sleep?: Sleep;
}): GenerationPointerCache {
  const { generations, logger, monotonic, sleep } = deps;
  let cached = { pointer: initialGenerationPointer, at: Number.NEGATIVE_INFINITY };
  let refreshing: Promise<GenerationPointer> | undefined;

  async function read(): Promise<GenerationPointer> {
    const at = monotonic();
    const pointer = await generations.read();
    if (pointer.active !== cached.pointer.active && Number.isFinite(cached.at))
      logger.info({ generation: pointer.active }, 'another generation of profiles is active');
    cached = { pointer, at };
    return pointer;
  }

  function refresh(): Promise<GenerationPointer> {
    refreshing ??= read().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  return {
    last: () => cached.pointer,
    refresh,
    async fresh() {
      // Repeat until the pointer is recent: `refresh` may join a read in progress that began more than five
      // seconds ago.
      while (monotonic() - cached.at > MAX_AGE_MS) await refresh();
      return cached.pointer;
    },
    follow(onRefresh) {
      const stopping = new AbortController();
      const { signal } = stopping;
      function onFailure(err: unknown, failures: number) {
        // Log only the first of several failures, because an outage would otherwise cause a log line every second.
        if (failures === 1) logger.warn({ err }, 'the active generation of profiles cannot be read');
      }
      void runLoop({ every: REFRESH_EVERY_MS, signal, onFailure, ...(sleep && { sleep }) }, async () => {
        const pointer = await refresh();
        if (!signal.aborted) onRefresh(pointer);
        return false;
      });
      return () => stopping.abort();
    },
  };
}
