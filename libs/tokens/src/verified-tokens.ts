/**
 * Caches tokens whose signature was verified, because verifying a signature takes longer than all other
 * checks of a token.
 */

/**
 * How long a verified token stays in the cache, in ms. A token may be accepted for this long after its key
 * was withdrawn.
 */
const REMEMBERED_MS = 60_000;
/** The maximum number of remembered tokens. If another token is verified, the oldest one is forgotten. */
const MAX_TOKENS = 10_000;

interface Remembered<Claims> {
  readonly claims: Claims;
  /** When the token was verified, in ms, on the clock `now`. */
  readonly since: number;
  /** The time until which the token is remembered, in ms, on the clock `now`. */
  readonly until: number;
}

/**
 * Adds a cache to a token verifier. The cache contains only valid tokens, for at most a minute, and never
 * beyond their expiry. All requests with the same token share one claims object, so the cache freezes this
 * object.
 */
export function cacheVerifiedTokens<Claims extends { readonly exp: number }>(
  verify: (token: string) => Promise<Claims | undefined>,
  now: () => Date,
): (token: string) => Promise<Claims | undefined> {
  const remembered = new Map<string, Remembered<Claims>>();
  return async (token) => {
    const time = now().getTime();
    const found = remembered.get(token);
    // If the current time is before `since`, the clock was set back, and it is unknown how long ago the token
    // was verified. Verify the token again.
    if (found !== undefined && found.since <= time && time < found.until) return found.claims;
    const verified = await verify(token);
    remembered.delete(token);
    if (verified === undefined) return undefined;
    const claims = Object.freeze(verified);
    if (remembered.size >= MAX_TOKENS) forgetOldest(remembered);
    remembered.set(token, { claims, since: time, until: Math.min(time + REMEMBERED_MS, claims.exp * 1000) });
    return claims;
  };
}

function forgetOldest(remembered: Map<string, unknown>): void {
  for (const token of remembered.keys()) {
    remembered.delete(token);
    return;
  }
}
