/**
 * Leases: at most one holder of a named job at a time, until the lease expires. A lease is advisory: a holder that is
 * slower than its lease may work beside the next one, so leased work must be safe to do twice.
 */
export interface Leases {
  /**
   * Takes a free or expired lease, or renews the holder's own.
   * @returns false if another holds it
   * @throws StoreUnavailable
   */
  take(lease: {
    readonly name: string;
    readonly holder: string;
    readonly now: Date;
    /** Duration in milliseconds. */
    readonly ms: number;
  }): Promise<boolean>;
  /**
   * Releases a lease before it expires. No-op if another holds it.
   * @throws StoreUnavailable
   */
  release(name: string, holder: string): Promise<void>;
}
