/**
 * The store of deliveries. `deliveries.contract.ts` tests every guarantee on each adapter. Every method
 * rejects with StoreUnavailable if the store cannot be reached or fails, and for no other reason. A store
 * needs no transactions, only atomic writes of single documents.
 * A cutoff supersedes the mails of all earlier events of an account or mailing. `record` first writes the
 * cutoffs, then the deliveries, and then cancels the deliveries that the cutoffs supersede. `claim` checks
 * the cutoffs once more; `record` checks them after it has stored the deliveries that it claims. No mail is
 * therefore claimed after the event that superseded it was stored, no matter how the writes of two notifiers
 * interleave.
 */
import type { HeldLease } from '@latchkey/store';
import type { ExpiredLease } from '@latchkey/verify';
import { type DeliveryOutcome, MAX_RETRY_DELAY_MS } from '../delivery/attempt.ts';
import type {
  ClaimedDelivery,
  DeliveriesAndCutoffs,
  DeliveryAttempt,
  DeliveryReport,
  DeliveryState,
  RedactedRecipient,
} from '../delivery/delivery.ts';

/** The maximum number of attempts to send a mail that are kept for a delivery; older attempts are dropped. */
export const MAX_KEPT_DELIVERY_ATTEMPTS = 20;
/** The maximum number of leases that `held` and `expiredLeases` return. */
export const MAX_LISTED_DELIVERY_LEASES = 1000;

/**
 * The longest time in which a pending delivery becomes due, in ms. If the stored due time of a delivery is
 * later, a process with a wrong clock wrote it. The delivery then counts as due now, so that its mail is not
 * delayed.
 */
export const MAX_DUE_TIME_AHEAD_MS = MAX_RETRY_DELAY_MS;

/** Options for recording the outcome of a delivery. */
export interface SettleDeliveryOptions {
  /**
   * Whether more outcomes will be recorded soon. If so, the store may delay this write a little, and write
   * them together. Default: false.
   */
  readonly othersFollow?: boolean;
}

/** Which deliveries a process claims, under which name, and for how long. */
export interface ClaimDeliveriesRequest {
  /**
   * A name that is unique for each claim. Only the claim with this name may store the result of a delivery.
   */
  readonly owner: string;
  readonly now: Date;
  /** How long the lease lasts, in ms. */
  readonly leaseMs: number;
  /** The maximum number of deliveries to claim. */
  readonly limit: number;
}

/**
 * How `record` claims the deliveries that it adds. The same as for a call of `claim`, but the lease begins
 * when the deliveries are added.
 */
export type NewDeliveriesClaim = Omit<ClaimDeliveriesRequest, 'now'>;

/** What `record` has changed in the store. */
export interface RecordedDeliveries {
  /** How many deliveries were not stored before. */
  readonly added: number;
  /** How many deliveries became `cancelled`. */
  readonly cancelled: number;
  /** The added deliveries that were claimed; empty without a claim. */
  readonly claimed: readonly ClaimedDelivery[];
}

/** A delivery as operators may see it. Contains no personal data. */
export interface DeliverySummary {
  readonly id: string;
  readonly eventId: string;
  readonly correlationId: string;
  readonly subject: string;
  readonly mail: string;
  readonly state: DeliveryState;
  /** Why the delivery failed or was canceled. `operator`: an operator canceled it. */
  readonly reason?: string;
  readonly occurredAt: Date;
  readonly sendUntil: Date;
  /** When the delivery can next be claimed; undefined if the delivery is final. */
  readonly dueAt?: Date;
  readonly endedAt?: Date;
  readonly tries: number;
  /** The last 20 attempts to send the mail, oldest first. */
  readonly attempts: readonly DeliveryAttempt[];
  /**
   * The fingerprint and the shortened form of the recipient's email address. Stored when the mail is sent,
   * provided that the settings make reports about mails possible.
   */
  readonly recipient?: RedactedRecipient;
  /** The report about the mail, if there was one. */
  readonly report?: DeliveryReport;
}

/** A delivery about which a report has arrived. */
export interface DeliveryWithReport extends DeliverySummary {
  readonly recipient: RedactedRecipient;
  readonly report: DeliveryReport;
}

export function hasReport(delivery: DeliverySummary): delivery is DeliveryWithReport {
  return delivery.recipient !== undefined && delivery.report !== undefined;
}

/**
 * The position of a delivery in a list. The next page begins after the position of the last delivery on a
 * page.
 */
export type DeliveryPosition = Pick<DeliverySummary, 'occurredAt' | 'id'>;

/**
 * Compares two deliveries so that sorting puts the newest first. Deliveries of the same time are sorted by
 * id, descending.
 */
export function compareDeliveriesNewestFirst(a: DeliveryPosition, b: DeliveryPosition): number {
  return b.occurredAt.getTime() - a.occurredAt.getTime() || (a.id < b.id ? 1 : -1);
}

export interface DeliveryQuery {
  readonly states: readonly DeliveryState[];
  /** The maximum number of deliveries to return, at least 1. */
  readonly limit: number;
  /** The position after which the returned page of deliveries begins. */
  readonly after?: DeliveryPosition;
}

export interface DeliveryPageRequest {
  /** The maximum number of deliveries to return, at least 1. */
  readonly limit: number;
  /** The position after which the returned page of deliveries begins. */
  readonly after?: DeliveryPosition | undefined;
}

/** The number of deliveries in each state. */
export type DeliveryCounts = Readonly<Record<DeliveryState, number>>;

export interface DeliveryStore {
  /**
   * Stores the deliveries and cutoffs that some events require. A cutoff stops the mails of earlier events of
   * the same account or mailing. The data is durable when the promise resolves. Idempotent: a delivery that
   * is already stored is not changed, whatever its state, and a cutoff can only increase.
   * All stored deliveries that a cutoff stops become `cancelled`, unless they are claimed. Deliveries of this
   * batch whose `sendUntil` has passed at `now` become `expired`, unless `mayExpire` is false.
   * With the argument `claim`, added deliveries are claimed in the same write, up to `claim.limit`. As with
   * the method `claim`, no delivery is claimed whose `sendUntil` has passed or that a stored cutoff stops.
   * @throws StoreUnavailable: any part may have been written. The caller must record the batch again, and
   * release the deliveries that may have been claimed
   */
  record(batch: DeliveriesAndCutoffs, now: Date, claim?: NewDeliveriesClaim): Promise<RecordedDeliveries>;
  /**
   * Claims pending deliveries that are due, those with the earliest `sendUntil` first. Each delivery is
   * claimed by only one owner: nobody else can claim it until it is settled, released or freed. Never returns
   * a delivery whose `sendUntil` has passed. A delivery that a stored cutoff stops is not returned either,
   * and becomes `cancelled`.
   */
  claim(claim: ClaimDeliveriesRequest): Promise<readonly ClaimedDelivery[]>;
  /**
   * Extends the leases of the given deliveries to `until`. Leases that `owner` no longer holds are not
   * extended.
   * @returns the ids of the deliveries whose leases were extended
   */
  extend(ids: readonly string[], owner: string, until: Date): Promise<ReadonlySet<string>>;
  /**
   * Releases the deliveries of a claim whose response was lost, so that other processes can claim them from
   * `now` on instead of only after the lease has ended. Idempotent.
   */
  release(owner: string, now: Date): Promise<void>;
  /**
   * Returns the current leases of deliveries: at most MAX_LISTED_DELIVERY_LEASES. The name of each lease is
   * the id of its delivery.
   */
  held(): Promise<readonly HeldLease[]>;
  /**
   * Makes a claimed delivery whose lease has expired due again at `now`. Does nothing if the lease has
   * changed meanwhile.
   */
  free(lease: HeldLease, now: Date): Promise<void>;
  /**
   * Records the outcome of a claimed delivery and ends the claim. If the settlement has `counts: true`, also
   * increases the `tries` of the delivery.
   * @returns false, and writes nothing, if `owner` no longer holds the delivery
   */
  settle(
    id: string,
    owner: string,
    settlement: DeliveryOutcome,
    options?: SettleDeliveryOptions,
  ): Promise<boolean>;
  /**
   * Ends every due delivery that is past its `sendUntil`. If the last attempt could not decrypt the link, the
   * delivery becomes `failed` with the reason `unsealable`; otherwise it becomes `expired`. Claimed
   * deliveries are unchanged.
   * @returns how many deliveries ended
   */
  expire(now: Date): Promise<number>;
  /**
   * Counts the deliveries by state, up to `atMost` per state. Without `atMost` the census is expensive,
   * because every delivery is counted.
   */
  census(atMost?: number): Promise<DeliveryCounts>;
  /**
   * Returns the event time of the oldest delivery that may still be sent. Cheap, because only an index is
   * read.
   */
  oldestOpen(): Promise<Date | undefined>;
  find(id: string): Promise<DeliverySummary | undefined>;
  /**
   * Lists deliveries in any of the given states by event time, newest first, and by id, descending, if the
   * times are equal.
   */
  list(query: DeliveryQuery): Promise<readonly DeliverySummary[]>;
  /**
   * Lists the deliveries of an account or mailing by event time, oldest first, and by id if the times are
   * equal.
   */
  ofSubject(subject: string, page: DeliveryPageRequest): Promise<readonly DeliverySummary[]>;
  /**
   * Makes a pending delivery due at `now` instead of at its next retry. Leaves any other delivery unchanged.
   * @returns whether the delivery was pending
   */
  retryNow(id: string, now: Date): Promise<boolean>;
  /**
   * Cancels a pending delivery at `now` for an operator. Leaves any other delivery unchanged, because the
   * mail of a claimed delivery may already be at the mail server.
   * @returns whether the delivery was pending
   */
  cancel(id: string, now: Date): Promise<boolean>;
  /**
   * Records a report about a delivery that is `sent` and has a recipient, and marks the report as unpublished
   * in the same write. Does nothing if the delivery is in another state, has no recipient, or already has a
   * report: the first report wins.
   * @returns whether the report was recorded
   */
  report(id: string, report: DeliveryReport): Promise<boolean>;
  /** Returns deliveries whose reports have not been published, the earliest report first. */
  unpublished(limit: number): Promise<readonly DeliveryWithReport[]>;
  /** Marks the reports of some deliveries as published. Idempotent. */
  markPublished(ids: readonly string[]): Promise<void>;
  /**
   * Returns the fingerprints of those recipients who were sent mails of this account or mailing, but no mails
   * of any other. Leaves out recipients whose fingerprint was not kept.
   */
  unsharedRecipientsOf(subject: string): Promise<readonly string[]>;
  /**
   * Removes everything that identifies the recipients of a subject's deliveries: the content, the recipient,
   * and the text of the servers' replies. Open deliveries become `cancelled`. Idempotent; nothing of the
   * removed data remains in the files of the store.
   */
  erase(subject: string, now: Date): Promise<void>;
  /** Returns those of the given ids for which a delivery is stored, in any state. */
  recorded(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Returns the leases that expired before an instant and whose deliveries nobody has claimed since: at most
   * MAX_LISTED_DELIVERY_LEASES.
   */
  expiredLeases(before: Date): Promise<readonly ExpiredLease[]>;
}
