export interface Snapshot {
  readonly stream: string;
  /** Number of the last commit that it covers. */
  readonly number: number;
  readonly sequence: number;
  /** Version of the state's shape. Readers ignore every other version. */
  readonly stateVersion: number;
  readonly state: unknown;
}

/** Disposable cache of folded states. Every method rejects with StoreUnavailable if the store fails. */
export interface Snapshots {
  /** Returns the newest snapshot of a stream; it may be missing at any time. */
  find(stream: string): Promise<Snapshot | undefined>;
  /** Stores a snapshot unless a newer one exists. */
  save(snapshot: Snapshot): Promise<void>;
}
