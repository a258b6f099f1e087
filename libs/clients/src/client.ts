/** Service clients: other services that call Latchkey, each with its own API key. */

/**
 * What a client may do. `introspect`: ask whether an access token is active (RFC 7662). `events`: read the
 * feed of events.
 */
export const clientScopes = ['introspect', 'events'] as const;

export type ClientScope = (typeof clientScopes)[number];

/** A key of a client. Only its hash is stored. */
export interface StoredClientKey {
  /** SHA-256 of the key, in base64url. A slow hash would not be safer, because a key has 256 random bits. */
  readonly hash: string;
  readonly since: Date;
  /** When the key expires; undefined for the current key. */
  readonly until?: Date;
}

export interface ServiceClient {
  /** The id of the client: 16 hexadecimal digits. */
  readonly id: string;
  /** The client's name, which is shown to operators. Contains no personal data. */
  readonly name: string;
  readonly scopes: readonly ClientScope[];
  /** The types of events that the client may read; undefined for all. */
  readonly types?: readonly string[];
  /**
   * Whether the client may read personal data. If false, `data.person` is null in all events that it reads.
   */
  readonly person: boolean;
  readonly createdAt: Date;
  readonly keys: readonly StoredClientKey[];
}

/**
 * Returns the client with a new current key. The previous keys expire at `until`, except for keys that
 * already expire earlier. Keys that expired before `now` are removed.
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
