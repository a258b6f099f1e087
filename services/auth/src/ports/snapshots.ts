export interface Snapshot {
  readonly stream: string;
  /** The number of the last commit that the snapshot includes. */
  readonly number: number;
  readonly sequence: number;
  /**
   * The version of the shape of the stored state. Snapshots with another version than the reader's are
   * ignored.
   */
  readonly stateVersion: number;
  readonly state: unknown;
}

/**
 * A cache of stream states, each computed from the stream's commits. Losing a snapshot is harmless. Every
 * method rejects with StoreUnavailable if the store fails.
 */
export interface SnapshotStore {
  /** Returns the latest snapshot of a stream; undefined if there is none. */
  find(stream: string): Promise<Snapshot | undefined>;
  /** Stores a snapshot of a stream, unless a later one is already stored. */
  save(snapshot: Snapshot): Promise<void>;
}
