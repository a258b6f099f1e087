/** The stores of the user service. Each kind of store implements all of them. */
import type { Preparable } from '@latchkey/store';
import type { Generations } from './generations.ts';
import type { Profiles } from './profiles.ts';

export interface UserStorage extends Preparable {
  /**
   * Whether a write blocks the event loop. If so, handling slices of the log concurrently would delay the responses
   * of the process.
   */
  readonly blocksOnWrite: boolean;
  readonly generations: Generations;
  /** Returns the profiles of one generation. */
  profilesOf(generation: number): Profiles;
}
