/** The security events that auth has recorded: the outbox of their topic, and the sign-ins that owners see. */

/** A security event, encoded. */
export interface AuditEntry {
  /** UUIDv7, so that ids sort by time. */
  readonly id: string;
  /** The account that the event is about. */
  readonly account?: string;
  /** When the event happened: RFC 3339, UTC. */
  readonly time: string;
  /** Whether the event is kept after it is published, for the history of the account. */
  readonly kept: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** The event as JSON. */
  readonly value: string;
}

/** The store of security events. Every method rejects with StoreUnavailable if the store fails. */
export interface AuditLog {
  /** Adds entries to the outbox. Entries that were added before stay as they are. */
  add(entries: readonly AuditEntry[]): Promise<void>;
  /** Returns entries of the outbox, oldest first. */
  unpublished(limit: number): Promise<readonly AuditEntry[]>;
  /** Counts the entries of the outbox, at most up to `limit`. */
  backlog(limit: number): Promise<number>;
  /** Removes entries from the outbox. Those that are not kept are deleted. */
  markPublished(entries: readonly Pick<AuditEntry, 'id' | 'kept'>[]): Promise<void>;
  /**
   * Returns the kept entries about an account, published or not, oldest first.
   * @param after the id of an entry; the page begins after it
   */
  ofAccount(
    account: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly AuditEntry[]>;
  /** Deletes entries from before an instant, published or not, at most `limit`. @returns how many were deleted */
  removeBefore(instant: Date, limit: number): Promise<number>;
}
