/** The body with which each Idempotency-Key was sent. Every method rejects with StoreUnavailable if the store fails. */
export interface IdempotencyKeys {
  /**
   * Binds a key to a body, unless the key has an unexpired binding. If concurrent callers send different bodies, one of
   * them wins.
   * @returns whether the key is bound to this body
   */
  bind(binding: {
    /** Identifies the combination of key, route and caller. */
    readonly id: string;
    /** The digest of the request's body. */
    readonly digest: string;
    readonly now: Date;
    readonly until: Date;
  }): Promise<boolean>;
  /** Deletes expired keys. */
  removeExpired(now: Date): Promise<void>;
}
