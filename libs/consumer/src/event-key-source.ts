/** Provides the public keys that verify auth's signatures. */
import { eventKeysIn, type isSignedBy } from '@latchkey/events';

type PublicKey = Parameters<typeof isSignedBy>[0];

export interface EventKeySource {
  /**
   * Returns the current public keys with the given ids. Ids that auth does not know are missing from the
   * result.
   * @param newest the time of the newest record that was signed with one of these keys. If it is given and
   * recent, an unknown key makes the call throw, so that the caller retries until auth has published the
   * key. Default: an unknown key is only left out
   * @throws EventKeysUnavailable if a key is unknown and the keys cannot be fetched, or if the caller
   * should wait for an unknown key
   */
  find(kids: readonly string[], newest?: Date): Promise<ReadonlyMap<string, PublicKey>>;
  /** Returns why keys cannot currently be fetched; undefined if the keys can be fetched. */
  unavailableReason(): string | undefined;
}

/** Thrown if the keys cannot be fetched, so that signatures cannot be verified. */
export class EventKeysUnavailable extends Error {
  override readonly name = 'EventKeysUnavailable';
}

const FETCH_WITHIN_MS = 3000;
/**
 * How long an event may wait for an unknown key, in ms, counted from the time of the event. This is long
 * enough to restart all processes of auth. During a key rotation, a process of auth that was not restarted
 * yet does not serve the new key.
 */
const UNKNOWN_KEY_PATIENCE_MS = 5 * 60_000;
/**
 * The minimum time between two waits for unknown keys, in ms. Without this minimum, anybody who can write to
 * a topic could delay the other events of the partition again and again, by inventing key ids.
 */
const WAITS_APART_MS = 60 * 60_000;
/** How long a cached key may still be accepted after auth has withdrawn it, in ms. */
const MAX_AGE_MS = 10 * 60_000;

/** Returns the keys of a JWKS in memory. @throws Error if the value is not a JWKS */
export function createFixedEventKeySource(jwks: unknown): EventKeySource {
  const keys = eventKeysIn(jwks);
  return { find: async () => keys, unavailableReason: () => undefined };
}

/**
 * Fetches the keys of a JWKS from a URL, and caches them. Fetches the keys again if a key id is unknown, or
 * if the cached keys are older than 10 minutes. If the keys are too old but cannot be fetched, the cached
 * keys are still used. An event that was signed with an unknown key waits for the key until the event is 5
 * minutes old. During this wait, each retry fetches the keys. All such waits together take at most 5 minutes
 * in any 65 minutes.
 * @param options.clock returns the monotonic time in ms
 * @param options.now returns the current time, which is compared with the times of records
 */
export function createRemoteEventKeySource(
  url: string,
  options: {
    readonly fetch?: typeof fetch;
    readonly clock?: () => number;
    readonly now?: () => Date;
  } = {},
): EventKeySource {
  const { clock = () => performance.now(), now = () => new Date(), fetch: send = fetch } = options;
  let keys: ReadonlyMap<string, PublicKey> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let unavailableReason: string | undefined;
  /** When the last wait for an unknown key began, in ms on the clock of `clock`. */
  let waitingSince = Number.NEGATIVE_INFINITY;

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

  /**
   * Throws if a record must still wait for its key. Does not throw if the record is too old to wait, or if
   * other records have already waited for as long as is allowed at the moment.
   * @param newest the time of the record
   * @throws EventKeysUnavailable
   */
  function waitFor(kid: string, newest: Date): void {
    if (now().getTime() - newest.getTime() >= UNKNOWN_KEY_PATIENCE_MS) return;
    if (clock() - waitingSince >= UNKNOWN_KEY_PATIENCE_MS + WAITS_APART_MS) waitingSince = clock();
    if (clock() - waitingSince >= UNKNOWN_KEY_PATIENCE_MS) return;
    unavailableReason = `${url} lacks the key ${kid}: events that it signed wait up to 5 minutes`;
    throw new EventKeysUnavailable(`An event is signed with a key that is missing at ${url}.`);
  }

  function isUnknown(kid: string): boolean {
    return !keys.has(kid);
  }

  return {
    async find(kids, newest) {
      if (kids.some(isUnknown)) {
        await refresh();
        const unknown = kids.find(isUnknown);
        if (unknown === undefined) waitingSince = Number.NEGATIVE_INFINITY;
        else if (newest !== undefined) waitFor(unknown, newest);
      } else if (clock() - fetchedAt >= MAX_AGE_MS) await refresh().catch(() => undefined);
      return keys;
    },
    unavailableReason: () => unavailableReason,
  };
}
