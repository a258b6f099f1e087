/** The stores of the user service. There is an implementation for each kind of database. */
import type { StorePreparation } from '@latchkey/store';
import type { GenerationStore } from './generations.ts';
import type { ProfileStore } from './profiles.ts';

export interface UserStorage extends StorePreparation {
  /**
   * Whether writes block the event loop. If so, slices of the log must not be handled concurrently, because
   * concurrent slices would delay the responses of the process.
   */
  readonly blocksOnWrite: boolean;
  readonly generations: GenerationStore;
  /** Returns the profiles of one generation. */
  profilesOf(generation: number): ProfileStore;
}
