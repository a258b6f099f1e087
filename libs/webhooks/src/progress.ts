/** Decides which events are sent to an endpoint next, and how its state changes after a delivery round. Pure. */
import type { DeliveryProgress, RedriveRange, WaitingAccount, WebhookEndpoint } from './endpoint.ts';
import { parseRetryAfterMs, retryDelayMs, retryDelayWhileDownMs } from './retry-delays.ts';

/**
 * After this many failures in a row, the endpoint counts as down: no new events are read for it, and only one event
 * at a time is attempted.
 */
export const FAILURES_UNTIL_DOWN = 5;
/** If this many accounts of an endpoint are waiting for a retry, no new events are read for it. */
export const MAX_WAITING_ACCOUNTS = 100;

/** An undelivered event, and its place on the log. */
export interface EventPosition {
  readonly account: string;
  readonly partition: number;
  readonly offset: number;
  readonly event: string;
}

export function eventPositionOf({ account, partition, offset, event }: EventPosition): EventPosition {
  return { account, partition, offset, event };
}

/** The outcome of one request. */
export type RequestOutcome =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly status?: number;
      readonly retryAfter?: string;
    }
  /** The endpoint has responded 410 Gone: nothing more is sent to it. */
  | { readonly kind: 'gone'; readonly status: number };

/** The outcome for the events of one account. */
export interface AccountResult {
  readonly account: string;
  /** How many events were delivered. */
  readonly delivered: number;
  /** The first event that was not delivered, for which the account waits; undefined if all were delivered. */
  readonly stopped?: EventPosition & Pick<WaitingAccount, 'redriven'>;
  /** Why that event was not delivered; undefined if it was not attempted. */
  readonly failure?: Exclude<RequestOutcome, { kind: 'delivered' }>;
}

export function isEndpointDown({ failing, waiting }: DeliveryProgress): boolean {
  return failing !== undefined && failing.count >= FAILURES_UNTIL_DOWN && waiting.length > 0;
}

/** Returns the accounts whose next attempt is due; at most one if the endpoint is down. */
export function accountsDue(delivery: DeliveryProgress, now: Date): readonly WaitingAccount[] {
  const { failing, waiting } = delivery;
  if (isEndpointDown(delivery) && failing !== undefined)
    return failing.next > now ? [] : waiting.toSorted(byNext).slice(0, 1);
  return waiting.filter(({ next }) => next <= now);
}

function byNext(a: WaitingAccount, b: WaitingAccount): number {
  return a.next.getTime() - b.next.getTime();
}

export function mayReadNewEvents(delivery: DeliveryProgress): boolean {
  return !isEndpointDown(delivery) && delivery.waiting.length < MAX_WAITING_ACCOUNTS;
}

/** Returns the time at which the next waiting account is due; undefined if none is waiting. */
export function nextAttemptAt(delivery: DeliveryProgress): Date | undefined {
  if (isEndpointDown(delivery)) return delivery.failing?.next;
  return delivery.waiting.toSorted(byNext)[0]?.next;
}

/** Returns whether an event is in a range to send again. */
export function isInRedriveRange(
  event: { readonly id: string; readonly time: Date },
  range: RedriveRange,
): boolean {
  if ('event' in range) return event.id === range.event;
  return event.time >= range.since && event.time < range.until;
}

/**
 * Returns the accounts that are waiting after a delivery round, and whether the endpoint is failing.
 * @param results at most one per account
 * @param random returns a number from 0 up to, but not including, 1
 */
export function progressAfterRound(
  before: DeliveryProgress,
  results: readonly AccountResult[],
  { now, random }: { readonly now: Date; random(): number },
): Pick<DeliveryProgress, 'waiting' | 'failing'> {
  const failures = results.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  const hasSucceeded = results.some(({ delivered }) => delivered > 0);
  const isBack = isEndpointDown(before) && hasSucceeded;
  const touched = new Map(results.map((result) => [result.account, result]));
  const untouched = before.waiting
    .filter(({ account }) => !touched.has(account))
    .map((account) => (isBack ? { ...account, next: now } : account));
  const stopped = results.flatMap((result) => waitingAfter(before, result, { now, random }));
  const failing = failingAfter(hasSucceeded ? undefined : before.failing, failures, { now, random });
  return { waiting: [...untouched, ...stopped], ...(failing && { failing }) };
}

function waitingAfter(
  before: DeliveryProgress,
  { account, delivered, stopped, failure }: AccountResult,
  { now, random }: { readonly now: Date; random(): number },
): readonly WaitingAccount[] {
  if (stopped === undefined) return [];
  const former = before.waiting.find((waiting) => waiting.account === account);
  const attempts = delivered === 0 && former?.event === stopped.event ? former.attempts : 0;
  if (failure === undefined) return [{ ...stopped, attempts, next: now }];
  const requested = failure.kind === 'failed' ? parseRetryAfterMs(failure.retryAfter, now) : 0;
  const delay = Math.max(retryDelayMs(attempts + 1, random()), requested);
  return [{ ...stopped, attempts: attempts + 1, next: later(now, delay) }];
}

function failingAfter(
  before: DeliveryProgress['failing'],
  failures: readonly NonNullable<AccountResult['failure']>[],
  { now, random }: { readonly now: Date; random(): number },
): DeliveryProgress['failing'] {
  const last = failures.at(-1);
  if (last === undefined) return before;
  const count = (before?.count ?? 0) + failures.length;
  const requested = last.kind === 'failed' ? parseRetryAfterMs(last.retryAfter, now) : 0;
  const next = later(
    now,
    Math.max(retryDelayWhileDownMs(count - FAILURES_UNTIL_DOWN + 1, random()), requested),
  );
  return { since: before?.since ?? now, count, next, reason: describeFailure(last) };
}

export function describeFailure(failure: NonNullable<AccountResult['failure']>): string {
  return failure.kind === 'gone' ? `answered ${failure.status}: it is no longer there` : failure.reason;
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

/** Returns why an endpoint is to be paused; undefined if it is not. */
export function reasonToPause(
  { failing }: Pick<DeliveryProgress, 'failing'>,
  results: readonly AccountResult[],
  { now, pauseAfterMs }: { readonly now: Date; readonly pauseAfterMs: number },
): string | undefined {
  const gone = results.find(({ failure }) => failure?.kind === 'gone')?.failure;
  if (gone !== undefined) return describeFailure(gone);
  if (failing === undefined || now.getTime() - failing.since.getTime() < pauseAfterMs) return undefined;
  return `has failed since ${failing.since.toISOString()}: ${failing.reason}`;
}

/** Returns the endpoint, paused because its deliveries failed. */
export function pauseForFailures(endpoint: WebhookEndpoint, reason: string, now: Date): WebhookEndpoint {
  return { ...endpoint, paused: { at: now, by: 'failures', reason } };
}
