/**
 * Leases: one holder at a time for a named job, until the lease runs out. Every method rejects with a
 * StoreUnavailable when the store cannot be reached.
 */
export interface Leases {
  /** Takes or renews. False if another holds it. */
  take(lease: {
    readonly name: string;
    readonly holder: string;
    readonly now: Date;
    readonly ms: number;
  }): Promise<boolean>;
  /** Gives back early; nothing happens if another holds it. */
  release(name: string, holder: string): Promise<void>;
}
