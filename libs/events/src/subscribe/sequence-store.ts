import type { Parked, PositionStore } from '@latchkey/consumer';

/**
 * Stores the positions of a subscription, so that no event is handled twice. Test an implementation with
 * `sequenceStoreContract`.
 */
export interface SequenceStore extends PositionStore {
  /**
   * Whether the store may forget accounts. If true, the first event of an account that is not in the store
   * may have any sequence. If false, an account must begin with event 1, and is parked if a later event comes
   * first.
   */
  readonly forgetful?: boolean;
  /**
   * Returns the marks of all parked accounts, which say where and why each one is parked. Sorted by account
   * id.
   */
  listParked(): Promise<readonly Parked[]>;
}
