/**
 * A cache of access tokens whose signatures have been verified, so that a service does not verify a token's signature
 * again for each request.
 */

/** The claims that decide whether a token is valid: `jti`, `sub`, `seq` and `exp`. */
export interface CachedTokenClaims {
  readonly id: string;
  readonly account: string;
  /** The sequence number of the account's last event when the token was issued. */
  readonly seq: number;
  /** The time at which the access token expires, in seconds since 1970. */
  readonly expiresAt: number;
}

export interface TokenCache {
  /**
   * Adds a token to the cache.
   * @returns false, without adding the token, if it has expired or is already known to be revoked
   */
  keep(token: CachedTokenClaims): boolean;
  find(id: string): CachedTokenClaims | undefined;
  /**
   * Removes all tokens of an account that were issued before `sequence`.
   * @returns the number of removed tokens
   */
  revoke(account: string, sequence: number): number;
}

/** Creates an empty cache. @param now returns the time in seconds since 1970 */
export function createTokenCache(now: () => number): TokenCache {
  const tokens = new Map<string, CachedTokenClaims>();
  const revokedAt = new Map<string, number>();
  function isDead({ account, seq }: CachedTokenClaims) {
    return seq < (revokedAt.get(account) ?? 0);
  }

  return {
    keep(token) {
      if (isDead(token) || token.expiresAt <= now()) return false;
      tokens.set(token.id, token);
      return true;
    },
    find(id) {
      const token = tokens.get(id);
      if (token === undefined || token.expiresAt > now()) return token;
      tokens.delete(id);
      return undefined;
    },
    revoke(account, sequence) {
      revokedAt.set(account, Math.max(sequence, revokedAt.get(account) ?? 0));
      const dead = [...tokens.values()].filter((token) => token.account === account && isDead(token));
      for (const { id } of dead) tokens.delete(id);
      return dead.length;
    },
  };
}
