/** A sign-up whose account is not verified yet and has not ended. */
export interface OpenRegistration {
  readonly stream: string;
  /** The canonical email address of the sign-up. */
  readonly address: string;
  /** When the first commit of the account was appended. */
  readonly at: string;
}

/**
 * The store of open registrations. Appending a commit with an `address` opens a registration for that
 * address. Every method rejects with StoreUnavailable if the store fails.
 */
export interface OpenRegistrationStore {
  /** Returns the open registrations of an address, newest first. */
  living(address: string): Promise<readonly OpenRegistration[]>;
  /** Returns a page of the open registrations that began by `until`, oldest first. */
  page(page: {
    readonly after?: OpenRegistration;
    readonly until?: Date;
    readonly limit: number;
  }): Promise<readonly OpenRegistration[]>;
  /** Closes the registration of an account, because the account is verified or has ended. Idempotent. */
  settle(stream: string): Promise<void>;
}
