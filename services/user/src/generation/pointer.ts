/**
 * Records which generations of the read model exist. A generation is a copy of all profiles, computed from the whole
 * log. It has its own table or collection and its own consumer group. A rebuild fills a new generation while the
 * active one serves queries.
 */
export interface GenerationPointer {
  /** The generation that serves queries. */
  readonly active: number;
  /** The generations that are being filled from the log, including the active one, in ascending order. */
  readonly running: readonly number[];
  /**
   * The highest number that any generation had. Numbers are never reused, because an instance that has not read the
   * latest pointer may still write to a dropped generation.
   */
  readonly last: number;
  /** When the active generation began to serve queries (RFC 3339). Undefined for the first generation. */
  readonly since?: string;
  /** The version of the pointer, which each change increments, for optimistic concurrency control. */
  readonly version: number;
}

/** The pointer to the generations before the first rebuild of the read model. */
export const initialGenerationPointer: GenerationPointer = { active: 1, running: [1], last: 1, version: 0 };

/**
 * Returns the suffix of the generation's names, for example `v2`. Its table, its collection and its consumer
 * group have this suffix.
 */
export function getGenerationNameSuffix(generation: number): string {
  return `v${generation}`;
}

/** Returns the consumer group of a generation. Its positions show how far the generation has been filled. */
export function getGenerationConsumerGroup(generation: number): string {
  return generation === 1 ? 'user' : `user.${getGenerationNameSuffix(generation)}`;
}

/**
 * Returns the generation that the current rebuild is filling, in order to make it active. Undefined if no
 * rebuild is in progress.
 */
export function findCandidateGeneration({ active, running }: GenerationPointer): number | undefined {
  return running.findLast((generation) => generation > active);
}

/** Returns the formerly active generation, which is kept up to date for a switch back. Undefined if there is none. */
export function findPreviousGeneration({ active, running }: GenerationPointer): number | undefined {
  return running.findLast((generation) => generation < active);
}

/** Returns the pointer with an additional generation, to which it gives the next number. */
export function addGeneration(pointer: GenerationPointer): GenerationPointer {
  const next = pointer.last + 1;
  return changed(pointer, { running: [...pointer.running, next], last: next });
}

/**
 * Returns a pointer in which the given generation is the active one.
 * @param generation a generation that is already being filled
 */
export function activateGeneration(
  pointer: GenerationPointer,
  generation: number,
  at: Date,
): GenerationPointer {
  return changed(pointer, { active: generation, since: at.toISOString() });
}

/** Returns a pointer with which only the active generation is filled. */
export function stopInactiveGenerations(pointer: GenerationPointer): GenerationPointer {
  return changed(pointer, { running: [pointer.active] });
}

/**
 * Returns the generations that are still stored but no longer filled. Such generations remain if
 * `ops rebuild user --drop` was interrupted, or if an instance with an old pointer wrote to a removed
 * generation. Omits generations with a number above `last`, because another process may be preparing one.
 * @param stored the generations that have a table or collection
 */
export function findLeftoverGenerations(
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
