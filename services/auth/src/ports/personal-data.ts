/**
 * Deletes the personal data of an account from the stores. Every method is idempotent, and also makes the
 * data unrecoverable from the store's files. Every method rejects with StoreUnavailable if the store fails.
 */
export interface PersonalDataEraser {
  /**
   * Deletes the recorded requests for an address, including those in progress.
   * @param address the canonical email address
   */
  removeRequests(address: string): Promise<void>;
  /** Deletes all trusted IP addresses of an email address. Also used when a new password is set. */
  removeTrusted(address: string): Promise<void>;
  removeSnapshot(userId: string): Promise<void>;
  removeKnownSources(userId: string): Promise<void>;
  /**
   * Deletes the security events about an account, whether published or not. Events about other accounts in
   * which this account was the actor are kept, but the unpublished ones lose the personal data of the actor.
   */
  removeSecurityEvents(userId: string): Promise<void>;
  /**
   * Rewrites the commits of an account in place, the first commit last. Sets `person` to null, and removes
   * salts, personal data in private fields, claims on addresses, and the open registration. The hash chain
   * remains verifiable.
   */
  eraseCommits(userId: string): Promise<void>;
}
