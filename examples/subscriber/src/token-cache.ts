/** A cache of access tokens whose signature was verified, so that it is not verified again for each request. */

/** The claims of a token that decide whether it is valid: its `jti`, `sub`, `seq` and `exp`. */
export interface CheckedToken {
  readonly id: string;
  readonly account: string;
  /** The account's sequence when the token was issued. */
  readonly seq: number;
  /** In seconds since 1970. */
  readonly expiresAt: number;
}

export interface TokenCache {
  /**
   * Adds a token.
   * @returns false, and keeps nothing, if the token has expired or is already known to be revoked
   */
  keep(token: CheckedToken): boolean;
  find(id: string): CheckedToken | undefined;
  /**
   * Removes the tokens of an account that were issued before `sequence`.
   * @returns how many there were
   */
  revoke(account: string, sequence: number): number;
}

/** Creates an empty cache. @param now returns the time in seconds since 1970 */
export function createTokenCache(now: () => number): TokenCache {
  const tokens = new Map<string, CheckedToken>();
  const revokedAt = new Map<string, number>();
  function isDead({ account, seq }: CheckedToken) {
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
