/** The deliveries as they lie there, for who compares them with the events that owe them. Nothing is changed. */

/** A delivery in the hands of somebody whose lease is over, and that nobody has taken over. */
export interface OverLease {
  readonly of: 'mail';
  /** The delivery's id. */
  readonly name: string;
  readonly endedAt: Date;
}

/** Every method rejects with StoreUnavailable if the store cannot be reached or fails. */
export interface DeliveryRecords {
  /** Which of these ids are known, in whatever state. */
  recorded(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Leases that ended before an instant, at most 1,000. */
  leasesOver(before: Date): Promise<readonly OverLease[]>;
}
