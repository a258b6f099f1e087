/** The stores of the user service. Each kind of store implements all of them. */
import type { Preparable } from '@latchkey/store';
import type { Generations } from './generations.ts';
import type { Profiles } from './profiles.ts';

export interface UserStorage extends Preparable {
  /** Whether a write blocks the process. Concurrent slices would then delay its responses. */
  readonly blocksOnWrite: boolean;
  readonly generations: Generations;
  /** Returns the profiles of one generation. */
  profilesOf(generation: number): Profiles;
}
