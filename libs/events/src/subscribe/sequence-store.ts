import type { Parked, PositionStore } from '@latchkey/consumer';

/** Stores the positions of a subscription, so that no event is handled twice. `sequenceStoreContract` tests it. */
export interface SequenceStore extends PositionStore {
  /**
   * True if the store may forget accounts that it once knew. An account that it does not know may then begin with any
   * event. Otherwise an account begins with event 1, and is parked if another event comes first.
   */
  readonly forgetful?: boolean;
  /** Returns the marks of all parked accounts, by account id. */
  listParked(): Promise<readonly Parked[]>;
}
