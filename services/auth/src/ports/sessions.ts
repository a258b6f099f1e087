/** Sessions: which account is signed in, and how often its refresh token was rotated. Contains no token. */

export interface Session {
  /** The id of the session: a UUIDv7. */
  readonly id: string;
  readonly userId: string;
  /** The number of the refresh token that is currently valid, starting at 0. */
  readonly n: number;
  readonly createdAt: Date;
  /** When the refresh token was last rotated, which changes `n`. */
  readonly rotatedAt: Date;
  /** When the session ends if it is not used again. An idle session ends before its maximum age. */
  readonly expiresAt: Date;
  /**
   * The account's sequence when the session was created. A session is revoked if its `since` is lower than the sequence
   * of the account's last SessionsRevoked.
   */
  readonly since: number;
  readonly ip: string;
  readonly userAgent: string;
  /** The id of the key that signed the current refresh token; undefined if that key has no id. */
  readonly key?: string;
  /** The last repeats to another network; undefined if there were none. */
  readonly repeats?: SessionRepeats;
}

/**
 * Repeats to another network: a current token was sent again in response to the previous one, and the client was in
 * another network than the client that had got the token first.
 */
export interface SessionRepeats {
  /** The number of the last token that was repeated to another network. */
  readonly n: number;
  /** How many tokens in a row were repeated to another network, up to this one. */
  readonly inARow: number;
}

export interface SessionUse {
  readonly at: Date;
  readonly expiresAt: Date;
  readonly ip: string;
  readonly userAgent: string;
  readonly key?: string;
}

/** The position of a session in the list. */
export type SessionPosition = Pick<Session, 'createdAt' | 'id'>;

export interface SessionPage {
  readonly limit: number;
  /** The session after which the page begins. */
  readonly after?: SessionPosition | undefined;
}

/** The store of sessions. Every method rejects with a StoreUnavailable if the store cannot be reached. */
export interface Sessions {
  create(session: Session): Promise<void>;
  find(id: string): Promise<Session | undefined>;
  /**
   * Atomically moves a session that has not expired at `at` from token `n` to `n + 1`, and sets its new end. If
   * several callers pass the same `n`, one of them gets the changed session; the others get undefined.
   */
  rotate(id: string, n: number, use: SessionUse): Promise<Session | undefined>;
  /**
   * Stores the repeats of a session whose current token is still `repeats.n`.
   * @returns false if the token is not the current one any more, or there is no such session
   */
  setRepeats(id: string, repeats: SessionRepeats): Promise<boolean>;
  /**
   * Increases the sequence `since` of a session to the given one, so that earlier revocations do not end the session.
   * Never decreases it. @returns false if there is no such session
   */
  liftSince(id: string, since: number): Promise<boolean>;
  /** Returns a page of an account's unexpired sessions, newest login first. */
  list(userId: string, now: Date, page: SessionPage): Promise<readonly Session[]>;
  /**
   * Removes a session.
   * @returns true if this account had it
   */
  remove(userId: string, id: string): Promise<boolean>;
  /** Removes all sessions of an account except the `keep` newest logins. */
  removeOldest(userId: string, keep: number): Promise<void>;
  /**
   * Removes the sessions of an account.
   * @param options.before removes only sessions whose `since` is lower. Default: all
   */
  removeAll(userId: string, options?: { readonly before?: number }): Promise<void>;
  /** Counts the unexpired sessions by `key`. */
  countByKey(now: Date): Promise<ReadonlyMap<string | undefined, number>>;
  /** Removes sessions that expired before an instant, at most `limit`. Returns how many. */
  removeExpired(before: Date, limit: number): Promise<number>;
}
