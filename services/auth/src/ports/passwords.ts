/** Password hashing (argon2id, RFC 9106; parameters of OWASP's cheat sheet: m=19456 KiB, t=2, p=1 by default). */
export interface HashRequest {
  readonly ip: string;
  readonly isAwaited?: (() => boolean) | undefined;
}

export interface PasswordHasher {
  /**
   * Returns the hash of a password for a canonical address, with the current key and cost. The salt is
   * HMAC-SHA-256(PASSWORD_SALT_KEY, address), so one hash of a password serves all accounts of the address. An address
   * without an account can be hashed, too.
   * Runs outside the event loop. The number of waiting calls and the length of their wait are bounded. Client networks
   * that wait take turns, and so do the addresses of a network.
   * @param request the client. The work is skipped if the client has disconnected before the work starts
   * @throws Refused (overloaded) if this client has too many waiting calls, the wait is too long, or the client has
   * left
   */
  hash(password: string, address: string, request: HashRequest): Promise<string>;
  /**
   * Looks for the stored hash of a password. Hashes the password with each key and cost that stored hashes may
   * have, the current ones first, until `isStored` resolves with true. A wrong password is hashed with all of them,
   * whatever is stored for the address, so that the response time reveals nothing.
   * @returns the hash with the current key and cost, and the stored one, if any
   * @throws like `hash`, and whatever `isStored` throws
   */
  find(
    password: string,
    address: string,
    request: HashRequest,
    isStored: (hash: string) => boolean | Promise<boolean>,
  ): Promise<MatchingHash>;
}

export interface MatchingHash {
  readonly current: string;
  readonly stored?: string;
}
