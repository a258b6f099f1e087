/** The accounts that were erased, and which consumers have confirmed the erasure. Contains no personal data. */

/** A confirmation by one consumer. */
export interface StoredReceipt {
  readonly consumer: string;
  /** When the consumer confirmed the erasure (RFC 3339). */
  readonly confirmedAt: string;
}

/** An erasure that has begun: `AccountErased`, the last event of the account, was appended. */
export interface ErasureRecord {
  readonly account: string;
  /** Sequence of `AccountErased`. */
  readonly sequence: number;
  /** The time at which `AccountErased` was appended; RFC 3339. */
  readonly erasedAt: string;
  /** The consumers that must confirm. */
  readonly expected: readonly string[];
  /** The first receipt of each consumer, in the order of arrival. */
  readonly receipts: readonly StoredReceipt[];
  /**
   * The copies of the events without personal data. Set once they were published, on a log that cannot replace records
   * in place.
   */
  readonly copies?: ErasureCopies;
}

/** The times at which the events of an erased account were published again without personal data; RFC 3339. */
export interface ErasureCopies {
  readonly firstAt: string;
  readonly lastAt: string;
  /**
   * The time at which it was noted that the original events are gone from the topic. Absent while the topic may still
   * have them.
   */
  readonly goneAt?: string;
}

export interface ErasureWithCopies extends ErasureRecord {
  readonly copies: ErasureCopies;
}

export interface ErasurePageQuery {
  readonly limit: number;
  /** Only erasures after this position in the list are returned. */
  readonly after?: Pick<ErasureRecord, 'account' | 'erasedAt'>;
  /** Whether to return only erasures that at least one expected consumer has not confirmed. */
  readonly waiting?: boolean;
  /** Only accounts that were erased at this instant or earlier are returned; RFC 3339. */
  readonly until?: string;
}

/** The store of erasures and their receipts. Every method rejects with StoreUnavailable if the store fails. */
export interface ErasureReceipts {
  /** Adds an erasure without receipts. No-op if the account has one. */
  open(erasure: Omit<ErasureRecord, 'receipts'>): Promise<void>;
  /** Adds a receipt. No-op if the consumer has confirmed before, or if the account has no erasure. */
  confirm(account: string, receipt: StoredReceipt): Promise<void>;
  find(account: string): Promise<ErasureRecord | undefined>;
  /**
   * Notes that the events have been published again without personal data by this instant, and that the topic may still
   * have the original events. If the original events had been noted as gone, `firstAt` is set to this instant. No-op if
   * the account has no erasure.
   */
  noteCopies(account: string, at: string): Promise<void>;
  /** Notes that the topic no longer has the original events. No-op if that was noted before, or there are no copies. */
  noteGone(account: string, at: string): Promise<void>;
  /** Returns the erasures whose original events the topic may still have, in the order of `firstAt`. */
  listCopied(page: {
    readonly limit: number;
    /** Only erasures after this position in the list are returned. */
    readonly after?: Pick<ErasureWithCopies, 'account' | 'copies'>;
  }): Promise<readonly ErasureWithCopies[]>;
  /** Returns erasures, the latest first. */
  list(page: ErasurePageQuery): Promise<readonly ErasureRecord[]>;
}

export function hasPublishedCopies(erasure: ErasureRecord): erasure is ErasureWithCopies {
  return erasure.copies !== undefined;
}

/** Returns the expected consumers that have not confirmed the erasure yet. */
export function unconfirmedConsumers({
  expected,
  receipts,
}: Pick<ErasureRecord, 'expected' | 'receipts'>): readonly string[] {
  return expected.filter((name) => !receipts.some(({ consumer }) => consumer === name));
}
