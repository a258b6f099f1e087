/**
 * The store of auth's security events: the outbox from which they are published, and the sign-ins that
 * account owners see.
 */

/** A security event in the encoded form in which the audit log stores it. */
export interface AuditEntry {
  /** The id of the event: a UUIDv7, so that ids sort by time. */
  readonly id: string;
  /** The account that the event is about. */
  readonly account?: string;
  /** When the event happened: RFC 3339, UTC. */
  readonly time: string;
  /**
   * Whether the security event is kept after its publication. It is kept if it is part of the account's
   * history.
   */
  readonly kept: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** The encoded security event as JSON. */
  readonly value: string;
}

/** The store of security events. Every method rejects with StoreUnavailable if the store fails. */
export interface AuditLog {
  /** Adds security events to the outbox. Ignores events whose ids are already stored. */
  add(entries: readonly AuditEntry[]): Promise<void>;
  /** Returns unpublished security events, oldest first. */
  unpublished(limit: number): Promise<readonly AuditEntry[]>;
  /** Counts the unpublished security events; stops counting at `limit`. */
  backlog(limit: number): Promise<number>;
  /** Marks security events as published. Events that are not `kept` are deleted. */
  markPublished(entries: readonly Pick<AuditEntry, 'id' | 'kept'>[]): Promise<void>;
  /**
   * Returns the security events about an account that are kept, published or not, oldest first.
   * @param after the id of an event; the page begins after it
   */
  ofAccount(
    account: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly AuditEntry[]>;
  /**
   * Deletes at most `limit` security events older than an instant, whether published or not.
   * @returns how many were deleted
   */
  removeBefore(instant: Date, limit: number): Promise<number>;
}
