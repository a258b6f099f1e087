/** Password hashing (argon2id, RFC 9106; parameters of OWASP's cheat sheet: m=19456 KiB, t=2, p=1). */
export interface Passwords {
  /**
   * Returns the hash of a password for a canonical address. The salt is HMAC-SHA-256(PASSWORD_SALT_KEY, address),
   * so one hash serves every account of an address, and addresses without an account.
   * Runs off the event loop. The number of waiting calls and their wait are limited.
   * @param isWanted called before hashing starts; false skips the work, because the client has disconnected
   * @throws Refused (overloaded) if too many are waiting, the wait is too long, or the hash is no longer wanted
   */
  hash(password: string, address: string, isWanted?: () => boolean): Promise<string>;
}
