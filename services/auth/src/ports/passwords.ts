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
   * HMAC-SHA-256(PASSWORD_SALT_KEY, address), so one hash can be compared with all accounts of the address,
   * and an address without an account can be hashed too.
   * Does not block the event loop. The length of the queue and the waiting time are bounded. Client networks
   * take turns, and so do the addresses within a network.
   * @param request the client; if it disconnects before the hashing starts, the hashing is skipped
   * @throws Refused (overloaded) if this client has too many calls in the queue, the wait is too long, or the
   * client has disconnected
   */
  hash(password: string, address: string, request: PasswordHashRequest): Promise<string>;
  /**
   * Finds the stored hash that a password matches. Hashes the password with each key and cost that stored
   * hashes may have, starting with the current ones, until `isStored` resolves with true. An incorrect
   * password is always hashed with all of them, so that the response time reveals nothing about what is
   * stored.
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
 * The hashes of a password: with the current key and cost, and as stored, if the password matches a stored
 * hash.
 */
export interface PasswordHashMatch {
  readonly current: string;
  readonly stored?: string;
}
