/**
 * Removes what the stores keep about a person. Every method is idempotent, and leaves nothing in the files of the
 * store. It rejects with StoreUnavailable if the store fails.
 */
export interface PersonalDataEraser {
  /**
   * Removes the requests of an address, whether waiting or in progress. @param address the canonical e-mail address
   */
  removeRequests(address: string): Promise<void>;
  /** Removes the trusted pairs of an address, also when a new password was set. */
  removeTrusted(address: string): Promise<void>;
  removeSnapshot(userId: string): Promise<void>;
  removeKnownSources(userId: string): Promise<void>;
  /**
   * Removes the security events about an account, whether published or not. Also removes the person from the account's
   * actions on others that are not published yet; the actions themselves belong to the other accounts.
   */
  removeSecurityEvents(userId: string): Promise<void>;
  /**
   * Rewrites the commits of an account in place, ending with the first one. Sets `person` to null, and removes
   * salts, private fields, claims on addresses and the open registration. The hash chain still verifies.
   */
  eraseCommits(userId: string): Promise<void>;
}
