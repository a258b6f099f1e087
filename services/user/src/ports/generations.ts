/** The generations of the read model: the pointer to the one that answers, and the places that they are kept in. */
import type { Pointer } from '../generation/pointer.ts';

/**
 * Every promise here is a test in generations.contract.ts, which each adapter passes. Every method rejects with
 * StoreUnavailable if the store cannot be reached or fails.
 */
export interface Generations {
  /** The pointer as it is; `firstPointer` where nothing was ever rebuilt. */
  read(): Promise<Pointer>;
  /**
   * Puts a pointer in place of the one that it was made from, whose version is one lower.
   * @returns false if there is another by now, and nothing was changed
   */
  replace(next: Pointer): Promise<boolean>;
  /** Makes the place for a generation's profiles, with what they are searched by. Safe to repeat. */
  prepare(generation: number): Promise<void>;
  /** The generations that there is a place for, ascending. */
  stored(): Promise<readonly number[]>;
  /** Removes a generation's place with everything in it. One that is not there is removed already. */
  remove(generation: number): Promise<void>;
}
