/**
 * Decides which events to send to an endpoint next, and how the endpoint's state changes after a delivery
 * round. Pure.
 */
import type { AccountAwaitingRetry, DeliveryProgress, RedriveRange, WebhookEndpoint } from './endpoint.ts';
import { computeRetryDelayMs, computeRetryDelayWhileDownMs, parseRetryAfterMs } from './retry-delays.ts';

/**
 * After this many failures in a row, an endpoint counts as down. No new events are then read for the
 * endpoint, and only one event at a time is sent to it, to test whether it works again.
 */
export const FAILURES_UNTIL_ENDPOINT_IS_DOWN = 5;
/** While this many accounts of an endpoint wait for a retry, no new events are read for the endpoint. */
export const MAX_ACCOUNTS_AWAITING_RETRY = 100;

/** The position of an undelivered event in the log. */
export interface EventPosition {
  readonly account: string;
  readonly partition: number;
  readonly offset: number;
  readonly event: string;
}

export function toEventPosition({ account, partition, offset, event }: EventPosition): EventPosition {
  return { account, partition, offset, event };
}

/** The outcome of one request to an endpoint. */
export type WebhookRequestOutcome =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly status?: number;
      readonly retryAfter?: string;
    }
  /** The endpoint responded with 410 Gone. No further requests are sent to it. */
  | { readonly kind: 'gone'; readonly status: number };

/** The outcome of sending the events of one account to an endpoint. */
export interface AccountDeliveryResult {
  readonly account: string;
  /** The number of delivered events. */
  readonly delivered: number;
  /**
   * The first event that was not delivered; the next attempt begins with it. Undefined if all events were
   * delivered.
   */
  readonly stopped?: EventPosition & Pick<AccountAwaitingRetry, 'redriven'>;
  /** Why the event in `stopped` was not delivered. Undefined if no request was sent for it. */
  readonly failure?: Exclude<WebhookRequestOutcome, { kind: 'delivered' }>;
}

export function isEndpointDown({ failing, waiting }: DeliveryProgress): boolean {
  return failing !== undefined && failing.count >= FAILURES_UNTIL_ENDPOINT_IS_DOWN && waiting.length > 0;
}

/**
 * Returns the waiting accounts whose next attempt is due. If the endpoint is down, returns at most one
 * account.
 */
export function findAccountsDue(delivery: DeliveryProgress, now: Date): readonly AccountAwaitingRetry[] {
  const { failing, waiting } = delivery;
  if (isEndpointDown(delivery) && failing !== undefined)
    return failing.next > now ? [] : waiting.toSorted(byNext).slice(0, 1);
  return waiting.filter(({ next }) => next <= now);
}

function byNext(a: AccountAwaitingRetry, b: AccountAwaitingRetry): number {
  return a.next.getTime() - b.next.getTime();
}

export function mayReadNewEvents(delivery: DeliveryProgress): boolean {
  return !isEndpointDown(delivery) && delivery.waiting.length < MAX_ACCOUNTS_AWAITING_RETRY;
}

/** Returns the time of the next attempt. Undefined if no account waits for one. */
export function computeNextAttemptTime(delivery: DeliveryProgress): Date | undefined {
  if (isEndpointDown(delivery)) return delivery.failing?.next;
  return delivery.waiting.toSorted(byNext)[0]?.next;
}

/** Returns whether an event is in the range of a redrive. */
export function isInRedriveRange(
  event: { readonly id: string; readonly time: Date },
  range: RedriveRange,
): boolean {
  if ('event' in range) return event.id === range.event;
  return event.time >= range.since && event.time < range.until;
}

/**
 * Computes which accounts wait for a retry after a delivery round, and whether the endpoint is failing.
 * @param results at most one result for each account
 * @param random returns a random number in [0, 1)
 * @param failuresInARow how many requests of this round have failed since the last delivery
 */
export function computeProgressAfterRound(
  before: DeliveryProgress,
  results: readonly AccountDeliveryResult[],
  { now, random, failuresInARow }: { readonly now: Date; random(): number; readonly failuresInARow: number },
): Pick<DeliveryProgress, 'waiting' | 'failing'> {
  const last = results.findLast(({ failure }) => failure !== undefined)?.failure;
  const hasSucceeded = results.some(({ delivered }) => delivered > 0);
  const isBack = isEndpointDown(before) && hasSucceeded;
  const touched = new Map(results.map((result) => [result.account, result]));
  const untouched = before.waiting
    .filter(({ account }) => !touched.has(account))
    .map((account) => (isBack ? { ...account, next: now } : account));
  const stopped = results.flatMap((result) => waitingAfter(before, result, { now, random }));
  const failing = failingAfter(hasSucceeded ? undefined : before.failing, last, {
    now,
    random,
    failuresInARow,
  });
  return { waiting: [...untouched, ...stopped], ...(failing && { failing }) };
}

function waitingAfter(
  before: DeliveryProgress,
  { account, delivered, stopped, failure }: AccountDeliveryResult,
  { now, random }: { readonly now: Date; random(): number },
): readonly AccountAwaitingRetry[] {
  if (stopped === undefined) return [];
  const former = before.waiting.find((waiting) => waiting.account === account);
  const attempts = delivered === 0 && former?.event === stopped.event ? former.attempts : 0;
  if (failure === undefined) return [{ ...stopped, attempts, next: now }];
  const requested = failure.kind === 'failed' ? parseRetryAfterMs(failure.retryAfter, now) : 0;
  const delay = Math.max(computeRetryDelayMs(attempts + 1, random()), requested);
  return [{ ...stopped, attempts: attempts + 1, next: later(now, delay) }];
}

function failingAfter(
  before: DeliveryProgress['failing'],
  last: AccountDeliveryResult['failure'],
  { now, random, failuresInARow }: { readonly now: Date; random(): number; readonly failuresInARow: number },
): DeliveryProgress['failing'] {
  if (last === undefined || failuresInARow === 0) return before;
  const count = (before?.count ?? 0) + failuresInARow;
  const requested = last.kind === 'failed' ? parseRetryAfterMs(last.retryAfter, now) : 0;
  const next = later(
    now,
    Math.max(computeRetryDelayWhileDownMs(count - FAILURES_UNTIL_ENDPOINT_IS_DOWN + 1, random()), requested),
  );
  return { since: before?.since ?? now, count, next, reason: formatFailure(last) };
}

export function formatFailure(failure: NonNullable<AccountDeliveryResult['failure']>): string {
  return failure.kind === 'gone'
    ? `answered ${failure.status}: the endpoint no longer exists`
    : failure.reason;
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

/** Returns why an endpoint must be paused; undefined if there is no reason. */
export function findReasonToPause(
  { failing }: Pick<DeliveryProgress, 'failing'>,
  results: readonly AccountDeliveryResult[],
  { now, pauseAfterMs }: { readonly now: Date; readonly pauseAfterMs: number },
): string | undefined {
  const gone = results.find(({ failure }) => failure?.kind === 'gone')?.failure;
  if (gone !== undefined) return formatFailure(gone);
  if (failing === undefined || now.getTime() - failing.since.getTime() < pauseAfterMs) return undefined;
  return `has failed since ${failing.since.toISOString()}: ${failing.reason}`;
}

/** Pauses an endpoint because its deliveries have failed. Returns the changed endpoint. */
export function pauseForFailures(endpoint: WebhookEndpoint, reason: string, now: Date): WebhookEndpoint {
  return { ...endpoint, paused: { at: now, by: 'failures', reason } };
}
