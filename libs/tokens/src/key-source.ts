import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose';

/**
 * Finds the public key that the header of a token names.
 * @throws errors.JWKSNoMatchingKey if there is no such key
 * @throws KeysUnavailable if no cached key has this id, and the keys cannot be fetched at the moment
 */
export type KeySource = JWTVerifyGetKey;

/** Thrown if the key of a token is not cached and cannot be fetched, so that the token cannot be checked. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

const UNAVAILABLE = 'Access tokens cannot be checked at the moment.';
const FETCH_TIMEOUT_MS = 3000;
const UNKNOWN_KEY_COOLDOWN_MS = 10_000;
/**
 * How many unknown key ids are remembered. If an unknown id is no longer remembered, it may be the id of a
 * new key. A token that names this id is then not refused: until the keys are fetched again, its check fails
 * with KeysUnavailable, so that the client tries again.
 */
const MAX_MISSING = 100;
/**
 * The age at which the cached keys are fetched again, in ms. A key may be accepted for this long after it was
 * withdrawn.
 */
const MAX_AGE_MS = 10 * 60_000;

/** Returns the keys of a JWKS (RFC 7517) in memory. */
export function createFixedKeySource(jwks: { readonly keys: readonly JWK[] }): KeySource {
  return createLocalJWKSet({ keys: [...jwks.keys] });
}

/**
 * Fetches the keys of a JWKS from a URL, and caches them. Unlike jose's own cache, this cache survives an
 * outage of the URL. When the keys are 10 minutes old, it fetches them again in the background, and keeps the
 * old keys if the fetch fails. An unknown key id causes another fetch, at most once in 10 s, even if fetches
 * fail. An unknown key may be new, so KeysUnavailable is thrown for its id until a successful fetch shows
 * that the URL does not have the key.
 * @param options.clock returns the monotonic time in ms
 */
export function createRemoteKeySource(
  url: string,
  options: { readonly fetch?: typeof fetch; readonly clock?: () => number } = {},
): KeySource {
  const { clock = () => performance.now() } = options;
  const address = new URL(url);
  let created: ReturnType<typeof createRemoteJWKSet> | undefined;

  /** Creates jose's key set on the first call, because creating the key set makes Node load `fetch`. */
  function keySet() {
    created ??= createRemoteJWKSet(address, {
      timeoutDuration: FETCH_TIMEOUT_MS,
      cacheMaxAge: Number.POSITIVE_INFINITY,
      cooldownDuration: Number.POSITIVE_INFINITY,
      ...(options.fetch && { [customFetch]: options.fetch }),
    });
    return created;
  }

  let fetchedAt = Number.NEGATIVE_INFINITY;
  let isCached = false;
  /** Why the last fetch failed; undefined if it succeeded. */
  let failure: KeysUnavailable | undefined;
  let fetching: Promise<void> | undefined;
  /** Key ids that were still unknown after a successful fetch. */
  const missing = new Set<string>();

  async function fetchKeys(): Promise<void> {
    fetchedAt = clock();
    try {
      await keySet().reload();
      isCached = true;
      failure = undefined;
    } catch (cause) {
      failure = new KeysUnavailable(UNAVAILABLE, { cause });
    }
    fetching = undefined;
  }

  /**
   * Fetches the keys. Simultaneous calls share one request. Never rejects. If the fetch fails, the cached
   * keys are kept, and `failure` is set.
   */
  function refresh(): Promise<void> {
    fetching ??= fetchKeys();
    return fetching;
  }

  function noteMissing(kid: string): void {
    if (missing.size >= MAX_MISSING) missing.clear();
    missing.add(kid);
  }

  return async (header, token) => {
    const { kid = '' } = header;
    let isFetched = !isCached;
    if (isFetched) await refresh();
    if (!isCached && failure !== undefined) throw failure;
    const age = clock() - fetchedAt;
    if (age >= MAX_AGE_MS) void refresh();
    try {
      return await keySet()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    if (age >= UNKNOWN_KEY_COOLDOWN_MS || fetching !== undefined) {
      await refresh();
      isFetched = true;
    }
    if (failure !== undefined) throw failure;
    try {
      return await keySet()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (isFetched) noteMissing(kid);
      if (!missing.has(kid)) throw new KeysUnavailable(UNAVAILABLE, { cause: error });
      throw error;
    }
  };
}
