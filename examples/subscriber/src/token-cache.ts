/** Access tokens whose signature was checked before, so that it need not be checked at every request. */

/** The claims that decide about life and death of a token: its `jti`, `sub`, `seq` and `exp`. */
export interface CheckedToken {
  readonly id: string;
  readonly account: string;
  /** The account's sequence that the token was decided on. */
  readonly seq: number;
  /** In seconds since 1970. */
  readonly expiresAt: number;
}

export interface TokenCache {
  /** Keeps a token, unless it is known to be revoked already. Whether it may be used. */
  keep(token: CheckedToken): boolean;
  find(id: string): CheckedToken | undefined;
  /** Forgets the account's tokens that were decided on before `sequence`; how many there were. */
  revoke(account: string, sequence: number): number;
}

/** `now` in seconds since 1970. */
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
