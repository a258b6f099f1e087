import type { Parked, PositionStore } from '@latchkey/consumer';

/**
 * Stores the positions of a subscription, so that no event is handled twice. Test an implementation with
 * `sequenceStoreContract`.
 */
export interface SequenceStore extends PositionStore {
  /**
   * Whether the store may forget accounts. If true, the first event of an account that is not in the store
   * may be any event. If false, it must be event 1; otherwise the account is parked.
   */
  readonly forgetful?: boolean;
  /**
   * Returns the marks of all parked accounts, which say where and why each one is parked. Sorted by account
   * id.
   */
  listParked(): Promise<readonly Parked[]>;
}
