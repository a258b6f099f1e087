import type { Parked, PositionStore } from '@latchkey/consumer';

/**
 * Stores the positions of a subscription, so that no event is handled twice. Test an implementation with
 * `sequenceStoreContract`.
 */
export interface SequenceStore extends PositionStore {
  /**
   * Whether the store may forget accounts that it once knew. If true, the first event of an account that it does not
   * know may have any sequence. If false, an account must begin with event 1, and is parked if another event comes
   * first.
   */
  readonly forgetful?: boolean;
  /** Returns the mark of each parked account: at which record it is parked, and why. Sorted by account id. */
  listParked(): Promise<readonly Parked[]>;
}
