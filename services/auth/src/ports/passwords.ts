/** Password hashing (argon2id, RFC 9106; parameters of OWASP's cheat sheet: m=19456 KiB, t=2, p=1). */
export interface HashRequest {
  readonly ip: string;
  readonly isAwaited?: (() => boolean) | undefined;
}

export interface Passwords {
  /**
   * Returns the hash of a password for a canonical address. The salt is HMAC-SHA-256(PASSWORD_SALT_KEY, address), so one
   * hash serves every account of an address, and addresses without an account.
   * Runs off the event loop; at most a bounded number wait, for a bounded time. Client networks that wait take turns,
   * and so do the addresses of a network.
   * @param request whose password it is. The work is skipped if the client has disconnected before it starts
   * @throws Refused (overloaded) if this client has too many waiting, the wait is too long, or the client has left
   */
  hash(password: string, address: string, request: HashRequest): Promise<string>;
}
