/**
 * The port of the store that records erased accounts, and which consumers have confirmed each erasure. The
 * records contain no personal data.
 */

/** The confirmation of an erasure by one consumer. */
export interface ErasureReceipt {
  readonly consumer: string;
  /** When the consumer confirmed the erasure (RFC 3339). */
  readonly confirmedAt: string;
}

/** An erasure that has begun: `AccountErased` was appended as the last event of the account. */
export interface ErasureRecord {
  readonly account: string;
  /** The sequence of the `AccountErased` event. */
  readonly sequence: number;
  /** The time at which `AccountErased` was appended; RFC 3339. */
  readonly erasedAt: string;
  /** The consumers that must confirm the erasure. */
  readonly expected: readonly string[];
  /** The first receipt of each consumer, in the order in which the receipts arrived. */
  readonly receipts: readonly ErasureReceipt[];
  /**
   * When copies of the account's events without personal data were published. Absent before that. Always
   * absent if the log can replace records in place, because no copies are needed then; Kafka cannot replace
   * records.
   */
  readonly copies?: CopyPublicationTimes;
}

/** When copies of an erased account's events without personal data were published; RFC 3339. */
export interface CopyPublicationTimes {
  readonly firstAt: string;
  readonly lastAt: string;
  /**
   * When the topic was found to no longer contain the original events. Absent while it may still contain
   * them.
   */
  readonly goneAt?: string;
}

export interface ErasureWithPublishedCopies extends ErasureRecord {
  readonly copies: CopyPublicationTimes;
}

export interface ErasurePageQuery {
  readonly limit: number;
  /** The last erasure of the previous page; absent for the first page. */
  readonly after?: Pick<ErasureRecord, 'account' | 'erasedAt'>;
  /** If true, returns only erasures that at least one expected consumer has not confirmed. */
  readonly waiting?: boolean;
  /** If set, returns only accounts that were erased at or before this time; RFC 3339. */
  readonly until?: string;
}

/**
 * The store of erasures and their receipts. Every method rejects with StoreUnavailable if the store fails.
 */
export interface ErasureReceiptStore {
  /**
   * Stores a new erasure, which has no receipts yet. If the account already has an erasure with this
   * sequence, does nothing. If it has an erasure with a different sequence, replaces that erasure, including
   * its receipts and `copies`.
   */
  open(erasure: Omit<ErasureRecord, 'receipts'>): Promise<void>;
  /**
   * Adds a receipt to an erasure. Does nothing if the consumer has already confirmed the erasure, or if no
   * erasure of the account with this sequence is stored.
   */
  confirm(erasure: Pick<ErasureRecord, 'account' | 'sequence'>, receipt: ErasureReceipt): Promise<void>;
  find(account: string): Promise<ErasureRecord | undefined>;
  /**
   * Records that copies of an account's events without personal data were published at the time `at`: sets
   * `lastAt` to `at`, and also `firstAt` if these are the first copies. If `goneAt` is set, removes it and
   * sets `firstAt` to `at`, because the topic may contain the original events again. Does nothing if no
   * erasure of the account is stored.
   */
  noteCopies(account: string, at: string): Promise<void>;
  /**
   * Records that the topic no longer contains the original events of an erased account. Does nothing if this
   * is already recorded, or if no copies without personal data have been published.
   */
  noteGone(account: string, at: string): Promise<void>;
  /**
   * Returns the erasures whose original events may still be on the topic although copies without personal
   * data were published, ordered by `firstAt`.
   */
  listCopied(page: {
    readonly limit: number;
    /** The last erasure of the previous page; absent for the first page. */
    readonly after?: Pick<ErasureWithPublishedCopies, 'account' | 'copies'>;
  }): Promise<readonly ErasureWithPublishedCopies[]>;
  /** Returns a page of the erasures that match the query, latest first. */
  list(page: ErasurePageQuery): Promise<readonly ErasureRecord[]>;
}

export function hasPublishedCopies(erasure: ErasureRecord): erasure is ErasureWithPublishedCopies {
  return erasure.copies !== undefined;
}

/** Returns the expected consumers that have not confirmed the erasure yet. */
export function findUnconfirmedConsumers({
  expected,
  receipts,
}: Pick<ErasureRecord, 'expected' | 'receipts'>): readonly string[] {
  return expected.filter((name) => !receipts.some(({ consumer }) => consumer === name));
}
