/**
 * The store of Idempotency-Keys, each with a digest of the request body. Every method rejects with
 * StoreUnavailable if the store fails.
 */
export interface IdempotencyKeyStore {
  /**
   * Binds an Idempotency-Key to a request body, unless it already has an unexpired binding. If concurrent
   * callers send different bodies with the same key, exactly one of the bodies is bound.
   * @returns whether the key is now bound to the given body
   */
  bind(binding: {
    /** Identifies the combination of Idempotency-Key, route and caller. */
    readonly id: string;
    /** The digest of the request body to which the key is bound. */
    readonly digest: string;
    readonly now: Date;
    readonly until: Date;
  }): Promise<boolean>;
  /** Deletes expired idempotency keys. */
  removeExpired(now: Date): Promise<void>;
}
