/** The generations of the read model: the pointer to the active generation, and the table or collection of each. */
import type { GenerationPointer } from '../generation/pointer.ts';

/**
 * The store of generations. Every guarantee is a test in generations.contract.ts, which every adapter passes. Every
 * method rejects with StoreUnavailable if the store cannot be reached or fails.
 */
export interface Generations {
  /** Returns the pointer; `initialPointer` before the first rebuild. */
  read(): Promise<GenerationPointer>;
  /**
   * Replaces the pointer from which `next` was derived, whose version is one lower.
   * @returns false if the pointer has changed meanwhile; nothing was written then
   */
  replace(next: GenerationPointer): Promise<boolean>;
  /** Creates the table or collection for a generation's profiles, with its indexes. Idempotent. */
  prepare(generation: number): Promise<void>;
  /** Returns the generations that have a table or collection, in ascending order. */
  stored(): Promise<readonly number[]>;
  /**
   * Deletes all profiles of a generation, whose table or collection remains. Does nothing if there is none. May reject
   * if another process removes the generation at the same time.
   */
  clear(generation: number): Promise<void>;
  /** Removes a generation's table or collection with its contents. Does nothing if there is none. */
  remove(generation: number): Promise<void>;
}
