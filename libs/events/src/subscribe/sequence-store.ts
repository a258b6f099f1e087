/** What a subscription remembers of each account, in a store that its owner gives. */

/** Why an account stands still: its next event could not be applied, and what follows waits for it. */
export interface Parked {
  readonly account: string;
  /** Where the record is that could not be applied. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The sequence of the last event before it; 0 if there was none. */
  readonly after: number;
  /** In a few words, naming nobody. */
  readonly cause: string;
}

/** How far a subscription has come with one account. */
export interface Position {
  /** The id of the account, or of the mailing on the topic of mailings. */
  readonly account: string;
  /** Of the last event that was handled or passed over; 0 before the first. */
  readonly sequence: number;
  readonly parked?: Parked;
}

/**
 * Where positions are kept, so that no event is handled twice. Every promise is a test of
 * `sequenceStoreContract`, which any store can be held to. Every method rejects if the store cannot be
 * reached; what it was called for is then tried again.
 */
export interface SequenceStore {
  /**
   * True where it may have forgotten accounts that it once knew: one that it does not know then begins with
   * whatever event of it comes first. Otherwise an account begins with event 1, and with any other it is parked.
   */
  readonly forgetful?: boolean;
  /** What is known of these accounts; unknown ones are missing from the answer. */
  load(accounts: readonly string[]): Promise<ReadonlyMap<string, Position>>;
  /**
   * Replaces each position whose sequence in the store is lower than the one given; at the same sequence only
   * one that is not parked. Others stay as they are, so that a slow member of the group never undoes what a
   * faster one has stored. Resolves once that is durable. No account is given twice.
   */
  save(positions: readonly Position[]): Promise<void>;
  /** Takes the mark off an account that is still parked at this very record: same topic, partition and offset. */
  unpark(parked: Parked): Promise<void>;
  /** Every parked account, by id. */
  listParked(): Promise<readonly Parked[]>;
}
