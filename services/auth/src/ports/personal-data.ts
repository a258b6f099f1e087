/**
 * Deletes the personal data of an account from the stores, so that it cannot be recovered from the store's
 * files either. Every method is idempotent, and rejects with StoreUnavailable if the store fails.
 */
export interface PersonalDataEraser {
  /**
   * Deletes the recorded requests for an address, including those in progress.
   * @param address the canonical email address
   */
  removeRequests(address: string): Promise<void>;
  /**
   * Deletes all trusted IP addresses of an email address. Called when an account is erased, and when a new
   * password is set.
   */
  removeTrusted(address: string): Promise<void>;
  removeSnapshot(userId: string): Promise<void>;
  removeKnownSources(userId: string): Promise<void>;
  /**
   * Deletes the security events about an account, whether published or not. Keeps the security events about
   * what this account has done to other accounts as an admin; if these events are not published yet, removes
   * this account's personal data from them.
   */
  removeSecurityEvents(userId: string): Promise<void>;
  /**
   * Erases the personal data in the commits of an account, without removing any commit. Rewrites the last
   * commit first and the first commit last. Sets `person` to null, and removes salts, personal data in
   * private fields, claims on addresses, and the open registration. The hash chain remains verifiable.
   */
  eraseCommits(userId: string): Promise<void>;
}
