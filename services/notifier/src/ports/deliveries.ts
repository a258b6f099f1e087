/**
 * The store of deliveries. `deliveries.contract.ts` tests every guarantee on each adapter. Every method rejects
 * with StoreUnavailable if the store cannot be reached or fails, and for no other reason.
 * A store needs only writes of one document: it writes the cutoffs first, then the deliveries, then cancels what
 * the cutoffs cover; and `claim` checks the cutoffs again. So however the writes of two notifiers interleave, no
 * mail is claimed after the event that superseded it was stored.
 */
import type { HeldLease } from '@latchkey/store';
import type { ExpiredLease } from '@latchkey/verify';
import { LONGEST_RETRY_MS, type Settlement } from '../delivery/attempt.ts';
import type { Attempt, Batch, ClaimedDelivery, DeliveryState } from '../delivery/delivery.ts';

/** How many attempts are kept of a delivery: the last ones. */
export const LOG_LENGTH = 20;
/** How many leases `held` and `expiredLeases` return at most. */
export const MAX_LEASES = 1000;

/**
 * No pending delivery is due further ahead than this, in ms. One that is was written by a clock that was wrong, which
 * must not delay the mail: it is due now.
 */
export const FARTHEST_DUE_MS = LONGEST_RETRY_MS;

export interface SettleOptions {
  /** More outcomes will follow soon: this one may be delayed to be written with them. Default: false. */
  readonly othersFollow?: boolean;
}

export interface Claim {
  /** Unique per claim. Only its owner may settle a delivery. */
  readonly owner: string;
  readonly now: Date;
  /** How long the lease is meant to last, in ms, for operators. */
  readonly leaseMs: number;
  /** The maximum number of deliveries to claim. */
  readonly limit: number;
}

/** A delivery as operators may see it. Contains no personal data. */
export interface DeliverySummary {
  readonly id: string;
  readonly eventId: string;
  readonly correlationId: string;
  readonly subject: string;
  readonly mail: string;
  readonly state: DeliveryState;
  /** Why it failed; `operator` if an operator cancelled it. */
  readonly reason?: string;
  readonly occurredAt: Date;
  readonly sendUntil: Date;
  /** When it can be claimed next; undefined once it is final. */
  readonly dueAt?: Date;
  readonly endedAt?: Date;
  readonly tries: number;
  /** The last 20, oldest first. */
  readonly attempts: readonly Attempt[];
}

/** The end of a page of a list. */
export type DeliveryPosition = Pick<DeliverySummary, 'occurredAt' | 'id'>;

/** The order of a list. */
export function newestFirst(a: DeliveryPosition, b: DeliveryPosition): number {
  return b.occurredAt.getTime() - a.occurredAt.getTime() || (a.id < b.id ? 1 : -1);
}

export interface DeliveryQuery {
  readonly states: readonly DeliveryState[];
  /** The maximum number to return, at least 1. */
  readonly limit: number;
  /** Return only deliveries after this position. */
  readonly after?: DeliveryPosition;
}

/** The number of deliveries in each state. */
export type Census = Readonly<Record<DeliveryState, number>>;

export interface Deliveries {
  /**
   * Stores the deliveries and cutoffs of some events; durable when it resolves. Idempotent: a known delivery stays
   * unchanged in any state, and cutoffs only rise. Deliveries of this or an earlier batch that a cutoff covers
   * become `cancelled` unless they are claimed; those past their `sendUntil` at `now` become `expired`.
   * @throws StoreUnavailable: any part may have been written, and the batch must be recorded again
   */
  record(batch: Batch, now: Date): Promise<{ readonly added: number; readonly cancelled: number }>;
  /**
   * Claims pending deliveries that are due, earliest `sendUntil` first, each for one owner; nobody else can claim them
   * until they are settled, released or freed. Never returns one that is past its `sendUntil`, nor one that a stored
   * cutoff covers: that one becomes `cancelled`.
   */
  claim(claim: Claim): Promise<readonly ClaimedDelivery[]>;
  /**
   * Renews the leases of those deliveries that `owner` still holds.
   * @returns the ids of these
   */
  extend(ids: readonly string[], owner: string, until: Date): Promise<ReadonlySet<string>>;
  /**
   * Releases the deliveries of a claim whose response was lost: they are due again at `now` instead of at the end
   * of the lease. Idempotent.
   */
  release(owner: string, now: Date): Promise<void>;
  /** Returns the leases that are held, by the ids of their deliveries: at most MAX_LEASES. */
  held(): Promise<readonly HeldLease[]>;
  /** Makes a claimed delivery whose lease has expired due again at `now`. No-op if the lease has changed meanwhile. */
  free(lease: HeldLease, now: Date): Promise<void>;
  /**
   * Records the outcome of a claimed delivery and ends the claim. `counts` increments its `tries`.
   * @returns false, and writes nothing, if `owner` no longer holds it
   */
  settle(id: string, owner: string, settlement: Settlement, options?: SettleOptions): Promise<boolean>;
  /**
   * Ends every due delivery that is past its `sendUntil`: as `failed` (unsealable) if its last attempt could not
   * decrypt its link, else as `expired`. Claimed deliveries are unchanged.
   * @returns how many ended
   */
  expire(now: Date): Promise<number>;
  /**
   * Counts the deliveries by state, at most `atMost` of each. Expensive without it: it counts all of them.
   */
  census(atMost?: number): Promise<Census>;
  /** Returns the event time of the oldest open delivery. Cheap: it reads an index. */
  oldestOpen(): Promise<Date | undefined>;
  find(id: string): Promise<DeliverySummary | undefined>;
  /** Lists deliveries in any of the states by event time, newest first; then by id, descending. */
  list(query: DeliveryQuery): Promise<readonly DeliverySummary[]>;
  /**
   * Makes a pending delivery due at `now` instead of at its scheduled retry. Any other delivery is unchanged.
   * @returns whether it was pending
   */
  retryNow(id: string, now: Date): Promise<boolean>;
  /**
   * Cancels a pending delivery at `now`, by an operator. Any other delivery is unchanged: a claimed one may be at the
   * mail server already.
   * @returns whether it was pending
   */
  cancel(id: string, now: Date): Promise<boolean>;
  /** Returns the ids that are known, in any state. */
  recorded(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns claims whose lease expired before an instant and that nobody has taken over: at most MAX_LEASES. */
  expiredLeases(before: Date): Promise<readonly ExpiredLease[]>;
}
