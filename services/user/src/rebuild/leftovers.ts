/**
 * Clears leftover generations of the read model, which are stored but no longer filled. `ops rebuild user
 * --drop` removes generations, but the command may be interrupted, and an instance with an outdated pointer
 * may write to a generation after its removal. A leftover generation receives no further events, so no
 * personal data may remain in it.
 */
import type { Logger } from '@latchkey/process';
import { runLoop, type Sleep } from '@latchkey/process/loop';
import { findLeftoverGenerations } from '../generation/pointer.ts';
import type { GenerationStore } from '../ports/generations.ts';

/**
 * The time between two checks for leftover generations, in ms. A generation is cleared if two checks in a row
 * find it. This time is longer than MAX_GENERATION_SWITCHOVER_DELAY_MS, so at the second check no instance
 * answers queries from the generation any more.
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
