/**
 * Which folds of the log there are. A generation is one fold of the whole log into profiles, with a place in the
 * store and a group of its own. A rebuild fills another beside the one that answers.
 */
export interface Pointer {
  /** The generation that queries are answered from. */
  readonly active: number;
  /** Those that are filled, ascending; the active one is among them. */
  readonly running: readonly number[];
  /** The highest number ever given. None is given twice: an instance that is late may still fill an old one. */
  readonly last: number;
  /** Since when the active one answers, RFC 3339. Missing as long as it is the first. */
  readonly since?: string;
  /** Counts the changes, so that of two at the same time one is refused. */
  readonly version: number;
}

/** Where nothing was ever rebuilt. */
export const firstPointer: Pointer = { active: 1, running: [1], last: 1, version: 0 };

/** As its place in the store is called. */
export function nameOf(generation: number): string {
  return `v${generation}`;
}

/** Whose positions on the log tell how far it has been filled. */
export function groupOf(generation: number): string {
  return generation === 1 ? 'user' : `user.${nameOf(generation)}`;
}

/** The one being built to answer next. */
export function candidateOf({ active, running }: Pointer): number | undefined {
  return running.findLast((generation) => generation > active);
}

/** The one kept to go back to. */
export function predecessorOf({ active, running }: Pointer): number | undefined {
  return running.findLast((generation) => generation < active);
}

/** Returns the pointer with one more generation to fill, which gets the next number. */
export function withAnother(pointer: Pointer): Pointer {
  const next = pointer.last + 1;
  return changed(pointer, { running: [...pointer.running, next], last: next });
}

/** Returns the pointer with this generation active. It must be one that is filled. */
export function activate(pointer: Pointer, generation: number, at: Date): Pointer {
  return changed(pointer, { active: generation, since: at.toISOString() });
}

/** Returns the pointer with only the active generation filled. */
export function deactivateOthers(pointer: Pointer): Pointer {
  return changed(pointer, { running: [pointer.active] });
}

function changed(pointer: Pointer, change: Partial<Pointer>): Pointer {
  return {
    ...pointer,
    ...change,
    version: pointer.version + 1,
  };
}
