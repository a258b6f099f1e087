import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose';

/**
 * Finds the public key that a token names in its header.
 * @throws errors.JWKSNoMatchingKey if there is none
 * @throws KeysUnavailable if the keys cannot be fetched and none are cached
 */
export type KeySource = JWTVerifyGetKey;

/** Thrown if the keys cannot be fetched, so that no token can be checked. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

const FETCH_TIMEOUT_MS = 3000;
const UNKNOWN_KEY_COOLDOWN_MS = 10_000;
/** The maximum time that a key is still accepted after it was withdrawn, in ms. */
const MAX_AGE_MS = 10 * 60_000;

/** Returns the keys of a JWKS (RFC 7517) in memory. */
export function createFixedKeySource(jwks: { readonly keys: readonly JWK[] }): KeySource {
  return createLocalJWKSet({ keys: [...jwks.keys] });
}

/**
 * Fetches the keys of a JWKS from a URL, and caches them. Unlike jose's own cache, this one survives an outage of the
 * URL: after 10 minutes the keys are fetched again in the background, and a failed fetch keeps the old ones. An
 * unknown key id causes another fetch, at most once in 10 s, failed fetches included. @param options.clock returns
 * the monotonic time in ms
 */
export function createRemoteKeySource(
  url: string,
  options: { readonly fetch?: typeof fetch; readonly clock?: () => number } = {},
): KeySource {
  const { clock = () => performance.now() } = options;
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
    ...(options.fetch && { [customFetch]: options.fetch }),
  });
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let isCached = false;

  async function refresh(): Promise<void> {
    fetchedAt = clock();
    await keys.reload();
    isCached = true;
  }

  async function refreshOrKeep(): Promise<void> {
    await refresh().catch(() => undefined);
  }

  return async (header, token) => {
    if (!isCached) {
      await refresh().catch((cause: unknown) => {
        throw new KeysUnavailable('Access tokens cannot be checked at the moment.', { cause });
      });
    }
    const age = clock() - fetchedAt;
    if (age >= MAX_AGE_MS) void refreshOrKeep();
    try {
      return await keys(header, token);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown || (age < UNKNOWN_KEY_COOLDOWN_MS && !keys.reloading)) throw error;
      await refreshOrKeep();
      return keys(header, token);
    }
  };
}
