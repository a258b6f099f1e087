/** Sessions: who is logged in, and how often the refresh token has been rotated. Holds no token. */

export interface Session {
  /** UUIDv7. */
  readonly id: string;
  readonly userId: string;
  /** The number of the refresh token that is valid now, from 0. */
  readonly n: number;
  readonly createdAt: Date;
  /** When `n` became what it is. */
  readonly rotatedAt: Date;
  /** Counts from the login; rotating does not move it. */
  readonly expiresAt: Date;
  /** The account's sequence that the session was decided on: lower than its last SessionsRevoked is dead. */
  readonly since: number;
  readonly ip: string;
  readonly userAgent: string;
}

/** Every method rejects with a StoreUnavailable when the store cannot be reached. */
export interface Sessions {
  create(session: Session): Promise<void>;
  find(id: string): Promise<Session | undefined>;
  /**
   * Moves a session that has not expired by `at` from token `n` to `n + 1`, in one step: of any number of callers
   * with one `n`, one gets the session as it is then, the others undefined.
   */
  rotate(
    id: string,
    n: number,
    use: { readonly at: Date; readonly ip: string; readonly userAgent: string },
  ): Promise<Session | undefined>;
  /** Lifts `since`, never lowers it. False if there is no such session. */
  liftSince(id: string, since: number): Promise<boolean>;
  /** An account's unexpired sessions, newest login first. */
  list(userId: string, now: Date): Promise<readonly Session[]>;
  /** True if this account had that session. */
  remove(userId: string, id: string): Promise<boolean>;
  removeAll(userId: string, options?: { readonly except?: string }): Promise<void>;
  /** Removes sessions that expired before an instant, at most `limit`; how many. */
  removeExpired(before: Date, limit: number): Promise<number>;
}
