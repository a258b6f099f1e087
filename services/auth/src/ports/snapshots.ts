export interface Snapshot {
  readonly stream: string;
  /** Number of the last commit that the snapshot covers. */
  readonly number: number;
  readonly sequence: number;
  /** Version of the state's shape. Readers ignore snapshots of other versions. */
  readonly stateVersion: number;
  readonly state: unknown;
}

/**
 * A cache of the states that were computed from the commits of streams. A snapshot may be lost without harm. Every
 * method rejects with StoreUnavailable if the store fails.
 */
export interface Snapshots {
  /** Returns the newest snapshot of a stream; it may be missing at any time. */
  find(stream: string): Promise<Snapshot | undefined>;
  /** Stores a snapshot unless a newer one exists. */
  save(snapshot: Snapshot): Promise<void>;
}
