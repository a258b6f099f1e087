/** Password hashing (argon2id, RFC 9106; parameters of OWASP's cheat sheet: m=19456 KiB, t=2, p=1). */
export interface Passwords {
  /**
   * The hash of a password for a canonical address. The salt is HMAC-SHA-256(PASSWORD_SALT_KEY, address), so one
   * hash serves every account of an address, and an address that nobody has.
   * Runs off the event loop; at most a bounded number wait, for a bounded time.
   * @param isWanted asked before hashing starts; false skips the work, because the client has disconnected
   * @throws Refused (overloaded) if too many are waiting, the wait is too long, or the hash is no longer wanted
   */
  hash(password: string, address: string, isWanted?: () => boolean): Promise<string>;
}
