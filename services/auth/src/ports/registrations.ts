/** An account that has signed up and is neither verified nor ended. */
export interface Registration {
  readonly stream: string;
  /** The canonical e-mail address of the sign-up. */
  readonly address: string;
  /** The time of the account's first commit. */
  readonly at: string;
}

/**
 * The store of open registrations. A commit that has an `address` opens a registration for that address. Every method
 * rejects with StoreUnavailable if the store fails.
 */
export interface Registrations {
  /** Returns the open registrations of an address, newest first. */
  living(address: string): Promise<readonly Registration[]>;
  /** Returns the open registrations up to `until`, oldest first: at most `limit`, after a position. */
  page(page: {
    readonly after?: Registration;
    readonly until?: Date;
    readonly limit: number;
  }): Promise<readonly Registration[]>;
  /** Closes a stream's registration: the account is verified or ended. Idempotent. */
  settle(stream: string): Promise<void>;
}
