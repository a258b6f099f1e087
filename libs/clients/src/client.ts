/** Service clients: other services that call Latchkey with an API key of their own. */

/**
 * The permissions of a key. `introspect`: asking whether an access token is active (RFC 7662). `events`: reading
 * the feed of events.
 */
export const clientScopes = ['introspect', 'events'] as const;

export type ClientScope = (typeof clientScopes)[number];

/** A key of a client. Only its hash is stored. */
export interface StoredClientKey {
  /** SHA-256 of the key, in base64url. A key has 256 random bits, so a slow hash would add nothing. */
  readonly hash: string;
  readonly since: Date;
  /** When the key expires; undefined for the current key. */
  readonly until?: Date;
}

export interface ServiceClient {
  /** The id of the client: 16 hexadecimal digits. */
  readonly id: string;
  /** Shown to operators. Contains no personal data. */
  readonly name: string;
  readonly scopes: readonly ClientScope[];
  /** The types of events that the client may read; undefined for all. */
  readonly types?: readonly string[];
  /** Whether the events that the client reads contain personal data (`data.person`). */
  readonly person: boolean;
  readonly createdAt: Date;
  readonly keys: readonly StoredClientKey[];
}

/**
 * Returns the client with a new current key. The previous keys expire at `until`, or earlier if they already had an
 * earlier expiry. Keys that expired before `now` are removed.
 */
export function replaceClientKey(
  client: ServiceClient,
  hash: string,
  { now, until }: { readonly now: Date; readonly until: Date },
): ServiceClient {
  const former = client.keys
    .filter((key) => isValidClientKey(key, now))
    .map((key) => ({ ...key, until: key.until === undefined || key.until > until ? until : key.until }))
    .filter((key) => isValidClientKey(key, now));
  return { ...client, keys: [...former, { hash, since: now }] };
}

export function isValidClientKey({ until }: StoredClientKey, now: Date): boolean {
  return until === undefined || until > now;
}
