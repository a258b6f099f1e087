/**
 * The record of which generations exist. A generation is a copy of all profiles, computed from the whole log, with
 * its own table or collection and its own consumer group. A rebuild fills a new generation while the active one
 * serves queries.
 */
export interface GenerationPointer {
  /** The generation that serves queries. */
  readonly active: number;
  /** The generations that are being filled, in ascending order, including the active one. */
  readonly running: readonly number[];
  /**
   * The highest number ever used. Numbers are never reused, because a late instance may still fill an old
   * generation.
   */
  readonly last: number;
  /** The time at which the active generation began to serve queries, RFC 3339. Undefined for the first generation. */
  readonly since?: string;
  /** Increased by each change, so that one of two concurrent changes fails. */
  readonly version: number;
}

/** The pointer before the first rebuild. */
export const initialPointer: GenerationPointer = { active: 1, running: [1], last: 1, version: 0 };

/** Returns the name of a generation in the store. */
export function generationName(generation: number): string {
  return `v${generation}`;
}

/** Returns the consumer group whose positions show how far the generation has been filled. */
export function generationGroup(generation: number): string {
  return generation === 1 ? 'user' : `user.${generationName(generation)}`;
}

/** Returns the generation that is being built to become active. */
export function candidateGenerationOf({ active, running }: GenerationPointer): number | undefined {
  return running.findLast((generation) => generation > active);
}

/** Returns the generation that is kept to switch back to. */
export function previousGenerationOf({ active, running }: GenerationPointer): number | undefined {
  return running.findLast((generation) => generation < active);
}

/** Returns the pointer with one more generation to fill, which gets the next number. */
export function addGeneration(pointer: GenerationPointer): GenerationPointer {
  const next = pointer.last + 1;
  return changed(pointer, { running: [...pointer.running, next], last: next });
}

/**
 * Returns the pointer with another generation as the active one. @param generation one that is already being filled
 */
export function activateGeneration(
  pointer: GenerationPointer,
  generation: number,
  at: Date,
): GenerationPointer {
  return changed(pointer, { active: generation, since: at.toISOString() });
}

/** Returns the pointer in which only the active generation is being filled. */
export function stopOtherGenerations(pointer: GenerationPointer): GenerationPointer {
  return changed(pointer, { running: [pointer.active] });
}

/**
 * Returns the generations that are stored although nobody fills them any more: an interrupted `ops rebuild user --drop`
 * left them, or a late instance wrote into a generation that had been removed. Leaves out generations with a number that
 * the pointer has not reached yet, because another process may be preparing one.
 * @param stored the generations that have a table or collection
 */
export function leftoverGenerations(
  { running, last }: GenerationPointer,
  stored: readonly number[],
): readonly number[] {
  return stored.filter((generation) => generation <= last && !running.includes(generation));
}

function changed(pointer: GenerationPointer, change: Partial<GenerationPointer>): GenerationPointer {
  return {
    ...pointer,
    ...change,
    version: pointer.version + 1,
  };
}
