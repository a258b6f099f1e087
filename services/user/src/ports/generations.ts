/** The store of generations: the pointer to the active generation, and a table or collection for each generation. */
import type { GenerationPointer } from '../generation/pointer.ts';

/**
 * The store of generations. generations.contract.ts tests every guarantee for every adapter. All promises reject with
 * StoreUnavailable if the store cannot be reached or fails.
 */
export interface GenerationStore {
  /** Returns the stored pointer to the generations. Returns `initialGenerationPointer` before the first rebuild. */
  read(): Promise<GenerationPointer>;
  /**
   * Replaces the stored pointer to the generations by `next`, if the stored version is one below that of `next`.
   * @returns false, without a change, if another process has changed the pointer in the meantime
   */
  replace(next: GenerationPointer): Promise<boolean>;
  /** Creates the table or collection of a generation, with its indexes. Idempotent. */
  prepare(generation: number): Promise<void>;
  /** Returns the numbers of all generations that have a table or collection, in ascending order. */
  stored(): Promise<readonly number[]>;
  /**
   * Deletes all profiles of a generation, whose table or collection remains. Does nothing if there is none. May reject
   * if another process removes the generation at the same time.
   */
  clear(generation: number): Promise<void>;
  /** Removes the table or collection of a generation. Does nothing if it does not exist. */
  remove(generation: number): Promise<void>;
}
