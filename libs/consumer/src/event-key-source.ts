/** The public keys for the signatures of auth. */
import { eventKeysIn, type isSignedBy } from '@latchkey/events';

type PublicKey = Parameters<typeof isSignedBy>[0];

export interface EventKeySource {
  /**
   * Returns the current public keys by id. A key id that is missing from the result is unknown to auth.
   * @throws EventKeysUnavailable if a key id is unknown and the keys cannot be fetched
   */
  find(kids: readonly string[]): Promise<ReadonlyMap<string, PublicKey>>;
  /** Returns why keys cannot be fetched at the moment; undefined if they can. */
  unavailableReason(): string | undefined;
}

/** Thrown if the keys cannot be fetched, so that signatures cannot be verified. */
export class EventKeysUnavailable extends Error {
  override readonly name = 'EventKeysUnavailable';
}

const FETCH_WITHIN_MS = 3000;
/** The maximum time that a key is still accepted after auth has withdrawn it, in ms. */
const MAX_AGE_MS = 10 * 60_000;

/** Returns the keys of a JWKS in memory. @throws Error if the value is not a JWKS */
export function createFixedEventKeySource(jwks: unknown): EventKeySource {
  const keys = eventKeysIn(jwks);
  return { find: async () => keys, unavailableReason: () => undefined };
}

/**
 * Fetches the keys of a JWKS from a URL, and caches them. An unknown key id causes another fetch, so that the first
 * event that a new key has signed can be verified. Keys older than 10 minutes are also fetched again; if that fails,
 * the cached keys remain in use.
 * @param options.clock returns the monotonic time in ms
 */
export function createRemoteEventKeySource(
  url: string,
  options: { readonly fetch?: typeof fetch; readonly clock?: () => number } = {},
): EventKeySource {
  const { clock = () => performance.now(), fetch: send = fetch } = options;
  let keys: ReadonlyMap<string, PublicKey> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let unavailableReason: string | undefined;

  async function refresh(): Promise<void> {
    const startedAt = clock();
    try {
      const response = await send(url, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) });
      if (!response.ok) throw new Error(`${url} answers ${response.status}`);
      keys = eventKeysIn(await response.json());
      fetchedAt = startedAt;
      unavailableReason = undefined;
    } catch (cause) {
      unavailableReason = `the keys cannot be fetched from ${url}: events wait`;
      throw new EventKeysUnavailable(`The keys that sign events cannot be fetched from ${url}.`, { cause });
    }
  }

  return {
    async find(kids) {
      if (kids.some((kid) => !keys.has(kid))) await refresh();
      else if (clock() - fetchedAt >= MAX_AGE_MS) await refresh().catch(() => undefined);
      return keys;
    },
    unavailableReason: () => unavailableReason,
  };
}
