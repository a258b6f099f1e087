/**
 * The store of deliveries. Every promise here is a test in deliveries.contract.ts, which each adapter passes.
 * Every method rejects with StoreUnavailable if the store cannot be reached or fails, and for nothing else.
 *
 * Meant for stores that can write one document at a time and nothing more: cutoffs are written first, then
 * deliveries, then what a cutoff reaches is cancelled; and `claim` looks at the cutoffs again. So however the
 * writes of two notifiers interleave, nothing is handed out after what superseded it was stored.
 */
import type { Settlement } from '../delivery/attempt.ts';
import type { Attempt, Batch, ClaimedDelivery, DeliveryState } from '../delivery/delivery.ts';

export interface SettleOptions {
  /** More outcomes are about to come: this one may wait a little to be written with them. Default: false. */
  readonly othersFollow?: boolean;
}

export interface Claim {
  /** Fresh for every claim: only who knows it may settle. */
  readonly owner: string;
  readonly now: Date;
  /** How long nobody else is handed the same delivery, in ms. */
  readonly leaseMs: number;
  /** At most so many. */
  readonly limit: number;
}

/** A delivery as operators may see it: it names nobody. */
export interface DeliverySummary {
  readonly id: string;
  readonly eventId: string;
  readonly correlationId: string;
  readonly subject: string;
  readonly mail: string;
  readonly state: DeliveryState;
  /** Why it failed; `operator` where it was cancelled by hand. */
  readonly reason?: string;
  readonly occurredAt: Date;
  readonly sendUntil: Date;
  /** Until it is final: when somebody may take it next. */
  readonly dueAt?: Date;
  readonly endedAt?: Date;
  readonly tries: number;
  /** The last 20, oldest first. */
  readonly attempts: readonly Attempt[];
}

/** Where a page of a list ended. */
export type DeliveryPosition = Pick<DeliverySummary, 'occurredAt' | 'id'>;

/** The order of a list. */
export function newestFirst(a: DeliveryPosition, b: DeliveryPosition): number {
  return b.occurredAt.getTime() - a.occurredAt.getTime() || (a.id < b.id ? 1 : -1);
}

export interface DeliveryQuery {
  readonly states: readonly DeliveryState[];
  /** At most so many, at least 1. */
  readonly limit: number;
  /** Only what comes after it in the list. */
  readonly after?: DeliveryPosition;
}

/** How many deliveries there are in each state. */
export type Census = Readonly<Record<DeliveryState, number>>;

export interface Deliveries {
  /**
   * Remembers what some events asked for; resolves once that is durable. Idempotent: a delivery whose id is
   * known, in whatever state, stays as it is, and cutoffs only rise. Deliveries that a cutoff reaches, of this
   * batch or an earlier one, end as `cancelled` unless they are in somebody's hands; those past their
   * `sendUntil` at `now` as `expired`.
   * @throws StoreUnavailable: any part may have been written, and the batch is to be recorded again.
   */
  record(batch: Batch, now: Date): Promise<{ readonly added: number; readonly cancelled: number }>;
  /**
   * Hands out due deliveries, earliest `sendUntil` first: pending ones whose time has come and claimed ones
   * whose lease is over, each to one claimer. Never one that is past its `sendUntil`, nor one that a recorded
   * cutoff reaches: that ends as `cancelled`.
   */
  claim(claim: Claim): Promise<readonly ClaimedDelivery[]>;
  /**
   * Gives back what a claim took and its claimer was never told of: due again at `now` instead of at the end of
   * the lease. Idempotent.
   */
  release(owner: string, now: Date): Promise<void>;
  /**
   * Writes down what became of a claimed delivery and ends the claim. `counts` adds to its `tries`.
   * @returns false, and nothing is written, if `owner` does not hold it any more.
   */
  settle(id: string, owner: string, settlement: Settlement, options?: SettleOptions): Promise<boolean>;
  /**
   * Ends every due delivery that is past its `sendUntil`: `failed` (unsealable) where its last try
   * could not open its link, `expired` otherwise. Those with a living lease are left alone.
   * @returns how many ended.
   */
  expire(now: Date): Promise<number>;
  /** Looks at all of them: not for every moment. */
  census(): Promise<Census>;
  /** The event time of the oldest one that is pending or claimed. A look at an index. */
  oldestOpen(): Promise<Date | undefined>;
  find(id: string): Promise<DeliverySummary | undefined>;
  /** Those in any of the states, by the time of their event, newest first; by id, backwards, where it is the same. */
  list(query: DeliveryQuery): Promise<readonly DeliverySummary[]>;
  /**
   * Makes a pending delivery due at `now` instead of at its scheduled retry. Any other delivery is unchanged.
   * @returns whether it was pending
   */
  retryNow(id: string, now: Date): Promise<boolean>;
  /**
   * Ends a delivery that is open and in nobody's hands at `now` as `cancelled`, by an operator. Any other stays
   * as it is: one with a living lease may be at the mail server by now.
   * @returns whether it was open and in nobody's hands
   */
  cancel(id: string, now: Date): Promise<boolean>;
}
