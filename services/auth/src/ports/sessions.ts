/**
 * The sessions of signed-in people. A session records how often its refresh token was rotated, but contains
 * no token.
 */

export interface Session {
  /** The id of the session: a UUIDv7. */
  readonly id: string;
  readonly userId: string;
  /** The number of the session's current refresh token. It starts at 0 and increases with every rotation. */
  readonly n: number;
  readonly createdAt: Date;
  /** When the session's refresh token was last rotated. */
  readonly rotatedAt: Date;
  /**
   * When the session ends unless it is used again: after the maximum idle time or at its maximum age,
   * whichever is earlier.
   */
  readonly expiresAt: Date;
  /**
   * The sequence number of the account's last event when the session was created. If the account has a later
   * SessionsRevoked event, the session is revoked.
   */
  readonly since: number;
  readonly ip: string;
  readonly userAgent: string;
  /** The id of the key that signed the current refresh token; undefined if that key has no id. */
  readonly key?: string;
  /**
   * Counts the session's latest refresh tokens that were sent again to a client in another network. Undefined
   * if there are none.
   */
  readonly repeats?: RefreshTokenResendCount;
}

/**
 * Counts how many of a session's latest refresh tokens were sent again. If a client presents the previous
 * refresh token, auth sends the current token again, because the client may have missed the first response.
 * This is counted only if the client is in another network than the client that first received the token.
 */
export interface RefreshTokenResendCount {
  /** The number of the last refresh token that was sent again to a client in another network. */
  readonly n: number;
  /**
   * How many refresh tokens in a row were sent again to a client in another network. The last of them has the
   * number `n`.
   */
  readonly inARow: number;
}

/**
 * What a rotation of the refresh token records: when and from where the session was used, and when the
 * session now ends.
 */
export interface SessionUse {
  readonly at: Date;
  readonly expiresAt: Date;
  readonly ip: string;
  readonly userAgent: string;
  readonly key?: string;
}

/** The position of a session in the list of its account's sessions. */
export type SessionPosition = Pick<Session, 'createdAt' | 'id'>;

export interface SessionPage {
  readonly limit: number;
  /** The last session of the previous page; absent for the first page. */
  readonly after?: SessionPosition | undefined;
}

/** The store of sessions. Every method rejects with StoreUnavailable if the store fails. */
export interface SessionStore {
  /**
   * Stores a session. Then removes old sessions of its account, so that only those of the `keep` newest
   * logins remain. If the store fails before the removal, the next call removes the surplus sessions.
   */
  create(session: Session, options: { readonly keep: number }): Promise<void>;
  find(id: string): Promise<Session | undefined>;
  /**
   * Atomically rotates the refresh token of a session from number `n` to `n + 1`, and extends the session. If
   * several callers pass the same `n`, one gets the changed session.
   * @returns undefined if `n` is not the current number, or if the session had expired at `use.at`
   */
  rotate(id: string, n: number, use: SessionUse): Promise<Session | undefined>;
  /**
   * Stores which refresh tokens of a session were sent again to another network, provided that `repeats.n` is
   * the number of the current token.
   * @returns false if `repeats.n` is another number, or if there is no such session
   */
  setRepeats(id: string, repeats: RefreshTokenResendCount): Promise<boolean>;
  /**
   * Raises `since` of a session to the given sequence, so that revocations up to this sequence do not end the
   * session. Does nothing if `since` is already higher.
   * @returns false if there is no such session
   */
  liftSince(id: string, since: number): Promise<boolean>;
  /** Returns a page of an account's unexpired sessions, newest login first. */
  list(userId: string, now: Date, page: SessionPage): Promise<readonly Session[]>;
  /**
   * Removes a session of an account.
   * @returns false if the account has no such session
   */
  remove(userId: string, id: string): Promise<boolean>;
  /**
   * Removes the sessions of an account.
   * @param options.before if set, removes only sessions whose `since` is lower than this
   */
  removeAll(userId: string, options?: { readonly before?: number }): Promise<void>;
  /** Counts the unexpired sessions by the id of the key that signed their refresh token (`key`). */
  countByKey(now: Date): Promise<ReadonlyMap<string | undefined, number>>;
  /** Removes at most `limit` sessions that expired before an instant. @returns how many were removed */
  removeExpired(before: Date, limit: number): Promise<number>;
}
