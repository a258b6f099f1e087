/** This instance's copy of the pointer to the active generation, which other processes change in the store. */
import type { Logger } from '@latchkey/process';
import { runLoop, type Sleep } from '@latchkey/process/loop';
import { type GenerationPointer, initialPointer } from '../generation/pointer.ts';
import type { Generations } from '../ports/generations.ts';

const REFRESH_EVERY_MS = 1000;
/** The maximum age of a pointer on which a response may depend, in ms. */
const MAX_AGE_MS = 5000;
/**
 * The time after which no instance serves queries from a generation that is no longer active, in ms. This is twice
 * the time for which an instance may use the pointer that it has read, because clocks run at different speeds.
 */
export const MAX_SWITCHOVER_DELAY_MS = 2 * MAX_AGE_MS;

export interface PointerCache {
  /** Returns the pointer as it was last read. */
  last(): GenerationPointer;
  /** Returns a pointer that is at most five seconds old, reading it again if necessary. @throws StoreUnavailable */
  fresh(): Promise<GenerationPointer>;
  /** Reads the pointer from the store. @throws StoreUnavailable */
  refresh(): Promise<GenerationPointer>;
  /** Refreshes every second, and passes each result to `onRefresh`, until the returned function is called. */
  follow(onRefresh: (pointer: GenerationPointer) => void): () => void;
}

export function createPointerCache(deps: {
  readonly generations: Pick<Generations, 'read'>;
  readonly logger: Logger;
  /** A monotonic clock, in ms. */
  readonly monotonic: () => number;
  readonly sleep?: Sleep;
}): PointerCache {
  const { generations, logger, monotonic, sleep } = deps;
  let cached = { pointer: initialPointer, at: Number.NEGATIVE_INFINITY };
  let refreshing: Promise<GenerationPointer> | undefined;

  async function read(): Promise<GenerationPointer> {
    const at = monotonic();
    const pointer = await generations.read();
    if (pointer.active !== cached.pointer.active && Number.isFinite(cached.at))
      logger.info({ generation: pointer.active }, 'another generation of profiles answers');
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
      // Repeated in a loop, because the refresh that this call joins may have started too long ago.
      while (monotonic() - cached.at > MAX_AGE_MS) await refresh();
      return cached.pointer;
    },
    follow(onRefresh) {
      const stopping = new AbortController();
      const { signal } = stopping;
      function onFailure(err: unknown, failures: number) {
        // Logs only the first failure: otherwise an outage would log a line per second.
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
