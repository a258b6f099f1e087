/**
 * Clears generations of the read model that nobody fills any more. `ops rebuild user --drop` removes them, but may be
 * interrupted, and a late instance may write into a generation that was removed already. Nobody applies erasures to
 * such a generation, so its data must not remain.
 */
import type { Logger } from '@latchkey/process';
import { runLoop, type Sleep } from '@latchkey/process/loop';
import { findLeftoverGenerations } from '../generation/pointer.ts';
import type { GenerationStore } from '../ports/generations.ts';

/**
 * The time between two checks for leftover generations, in ms. A generation is cleared if two consecutive checks find
 * it. By the second check, no instance serves queries from it any more, because this time is longer than
 * MAX_GENERATION_SWITCHOVER_DELAY_MS.
 */
const LOOK_EVERY_MS = 60_000;

export interface LeftoverCleaner {
  start(): void;
  /** Stops the loop that clears leftover generations. Resolves once the clearing in progress has ended. */
  stop(): Promise<void>;
}

/**
 * Creates a loop that clears leftover generations, and checks for them every minute. Several instances may clear the
 * same generation at the same time. The empty table or collection and the consumer group remain, because only
 * operators may remove them.
 */
export function createLeftoverCleaner(deps: {
  readonly generations: Pick<GenerationStore, 'read' | 'stored' | 'clear'>;
  readonly logger: Logger;
  readonly sleep?: Sleep;
}): LeftoverCleaner {
  const { generations, logger, sleep } = deps;
  let stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let found: readonly number[] = [];

  async function look(signal: AbortSignal): Promise<false> {
    const leftovers = findLeftoverGenerations(await generations.read(), await generations.stored());
    const due = leftovers.filter((generation) => found.includes(generation));
    found = leftovers;
    for (const generation of due) {
      if (signal.aborted) break;
      await generations.clear(generation);
    }
    return false;
  }

  function onFailure(err: unknown, failures: number): void {
    if (failures === 1) logger.warn({ err }, 'dropped generations of profiles could not be deleted');
  }

  return {
    start() {
      stopping = new AbortController();
      const { signal } = stopping;
      found = [];
      running = runLoop({ every: LOOK_EVERY_MS, signal, onFailure, ...(sleep && { sleep }) }, () =>
        look(signal),
      );
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
