/** The public keys for the signatures of auth. */
import { eventKeysIn, type isSignedBy } from '@latchkey/events';

type PublicKey = Parameters<typeof isSignedBy>[0];

export interface EventKeys {
  /**
   * Returns those of the given keys that auth currently has, by id.
   * @throws EventKeysUnavailable if that cannot be determined at the moment
   */
  find(kids: readonly string[]): Promise<ReadonlyMap<string, PublicKey>>;
  /** Returns why keys cannot be fetched at the moment; undefined if they can. */
  trouble(): string | undefined;
}

/** The keys cannot be fetched, so that no event can be checked. */
export class EventKeysUnavailable extends Error {
  override readonly name = 'EventKeysUnavailable';
}

const FETCH_WITHIN_MS = 3000;
/** The longest that a key is accepted after it was withdrawn, in ms. */
const MAX_AGE_MS = 10 * 60_000;

/** Keys of a JWKS in memory. @throws Error if it is no JWKS */
export function fixedEventKeys(jwks: unknown): EventKeys {
  const keys = eventKeysIn(jwks);
  return { find: async () => keys, trouble: () => undefined };
}

/**
 * Keys of a JWKS behind a URL, cached. An unknown key id fetches them again, so that a new key is known before its
 * first event is judged. After 10 minutes they are fetched again as well; if that fails, the old ones remain.
 * @param options.clock milliseconds, monotonic
 */
export function remoteEventKeys(
  url: string,
  options: { readonly fetch?: typeof fetch; readonly clock?: () => number } = {},
): EventKeys {
  const { clock = () => performance.now(), fetch: send = fetch } = options;
  let keys: ReadonlyMap<string, PublicKey> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let trouble: string | undefined;

  async function refresh(): Promise<void> {
    const startedAt = clock();
    try {
      const response = await send(url, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) });
      if (!response.ok) throw new Error(`${url} answers ${response.status}`);
      keys = eventKeysIn(await response.json());
      fetchedAt = startedAt;
      trouble = undefined;
    } catch (cause) {
      trouble = `the keys cannot be fetched from ${url}: events wait`;
      throw new EventKeysUnavailable(`The keys that sign events cannot be fetched from ${url}.`, { cause });
    }
  }

  return {
    async find(kids) {
      if (kids.some((kid) => !keys.has(kid))) await refresh();
      else if (clock() - fetchedAt >= MAX_AGE_MS) await refresh().catch(() => undefined);
      return keys;
    },
    trouble: () => trouble,
  };
}
