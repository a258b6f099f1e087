/** What this instance knows of the pointer: others move it, and nobody tells. */
import type { Logger } from '@latchkey/process';
import { firstPointer, type Pointer } from '../generation/pointer.ts';
import type { Generations } from '../ports/generations.ts';

/** How often an instance looks. */
const LOOK_EVERY_MS = 1000;
/** An answer counts only if the pointer was looked at so shortly before. */
const TRUSTED_MS = 5000;
/**
 * From when on no instance answers any more from a generation that the pointer has left, nor is one at work
 * there that was not halted in the middle: twice what is trusted, as clocks do not all run alike.
 */
export const NOTICED_AFTER_MS = 2 * TRUSTED_MS;

export interface PointerView {
  /** As it was seen last. */
  last(): Pointer;
  /** As it was five seconds ago at most; asks the store where nobody did for so long. @throws StoreUnavailable */
  trusted(): Promise<Pointer>;
  /** Asks the store. @throws StoreUnavailable */
  look(): Promise<Pointer>;
  /** Looks every second, and tells what it saw each time, until it is called off. */
  follow(seen: (pointer: Pointer) => void): () => void;
}

export function createPointerView(deps: {
  readonly generations: Pick<Generations, 'read'>;
  readonly logger: Logger;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
}): PointerView {
  const { generations, logger, monotonic } = deps;
  let seen = { pointer: firstPointer, at: Number.NEGATIVE_INFINITY };
  let looking: Promise<Pointer> | undefined;

  async function ask(): Promise<Pointer> {
    const at = monotonic();
    const pointer = await generations.read();
    if (pointer.active !== seen.pointer.active && Number.isFinite(seen.at))
      logger.info({ generation: pointer.active }, 'another generation of profiles answers');
    seen = { pointer, at };
    return pointer;
  }

  function look(): Promise<Pointer> {
    looking ??= ask().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    last: () => seen.pointer,
    look,
    async trusted() {
      // Again where the look that it joined had begun too long ago.
      while (monotonic() - seen.at > TRUSTED_MS) await look();
      return seen.pointer;
    },
    follow: (told) => repeatedly(look, told, logger),
  };
}

function repeatedly(
  look: () => Promise<Pointer>,
  told: (pointer: Pointer) => void,
  logger: Logger,
): () => void {
  let calledOff = false;
  let timer: NodeJS.Timeout | undefined;
  let away = false;

  async function lookOnce(): Promise<void> {
    try {
      const pointer = await look();
      away = false;
      if (!calledOff) told(pointer);
    } catch (error) {
      // Not a line for every look: an outage would write one a second.
      if (!away) logger.warn({ err: error }, 'which generation of profiles answers cannot be asked');
      away = true;
    }
    if (!calledOff) wait();
  }

  function wait() {
    timer = setTimeout(() => void lookOnce(), LOOK_EVERY_MS);
  }

  wait();
  return () => {
    calledOff = true;
    clearTimeout(timer);
  };
}
