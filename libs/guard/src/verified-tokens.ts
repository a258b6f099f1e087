/** Caches tokens whose signature was verified, because verifying a signature takes longer than the rest of a check. */
import type { AccessClaims, VerifyToken } from '@latchkey/tokens';

/** How long a token may still be accepted after its key was withdrawn, in ms. */
const REMEMBERED_MS = 60_000;
const MOST_TOKENS = 10_000;

interface Remembered {
  readonly claims: AccessClaims;
  /** The time until which the token is remembered, in ms, on the clock `now`. */
  readonly until: number;
}

/**
 * Adds a cache to a token verifier. It remembers only valid tokens, for at most a minute, and never beyond
 * their expiry.
 */
export function cacheVerifiedTokens(verify: VerifyToken, now: () => Date): VerifyToken {
  const remembered = new Map<string, Remembered>();
  return async (token) => {
    const time = now().getTime();
    const found = remembered.get(token);
    if (found !== undefined && time < found.until) return found.claims;
    const claims = await verify(token);
    remembered.delete(token);
    if (claims === undefined) return undefined;
    if (remembered.size >= MOST_TOKENS) forgetOldest(remembered);
    remembered.set(token, { claims, until: Math.min(time + REMEMBERED_MS, claims.exp * 1000) });
    return claims;
  };
}

function forgetOldest(remembered: Map<string, Remembered>): void {
  for (const token of remembered.keys()) {
    remembered.delete(token);
    return;
  }
}
