/** The client for which a password is hashed. `isAwaited` returns false once the client has disconnected. */
export interface PasswordHashRequest {
  readonly ip: string;
  readonly isAwaited?: (() => boolean) | undefined;
}

/**
 * Hashes passwords with argon2id (RFC 9106). Default parameters are those of OWASP: m=19456 KiB, t=2, p=1.
 */
export interface PasswordHasher {
  /**
   * Hashes a password for a canonical email address with the current key and cost. The salt is
   * HMAC-SHA-256(PASSWORD_SALT_KEY, address). One hash can therefore be compared with all accounts of the
   * address, and a password can also be hashed for an address without an account. Does not block the event
   * loop. The length of the queue and the waiting time are bounded. Client networks take turns, and so do the
   * addresses within a network.
   * @param request the client; if it disconnects before the hashing starts, the hashing is skipped
   * @throws Refused (overloaded) if this client has too many calls in the queue, the wait is too long, or the
   * client has disconnected
   */
  hash(password: string, address: string, request: PasswordHashRequest): Promise<string>;
  /**
   * Finds the stored hash that a password matches. Stored hashes may have been made with different keys and
   * costs. Hashes the password with each combination of key and cost, the current one first, until `isStored`
   * resolves with true. An incorrect password is hashed with all combinations, so the response time does not
   * reveal which hashes are stored.
   * @returns the hash with the current key and cost, and the stored hash if one matches
   * @throws the same errors as `hash`, and whatever `isStored` throws
   */
  find(
    password: string,
    address: string,
    request: PasswordHashRequest,
    isStored: (hash: string) => boolean | Promise<boolean>,
  ): Promise<PasswordHashMatch>;
}

/**
 * The hashes of a password. `current` is made with the current key and cost. `stored` is the stored hash that
 * the password matches; absent if the password matches none.
 */
export interface PasswordHashMatch {
  readonly current: string;
  readonly stored?: string;
}
