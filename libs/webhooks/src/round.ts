/**
 * Runs one delivery round of an endpoint. Sends the events whose retry is due or, if no retry is due, new
 * events. Then stores the progress.
 */

import { sleep } from '@latchkey/process/loop';
import { type DeliverEventsResult, deliverEvents, type EventsByAccount } from './deliver.ts';
import {
  type AccountAwaitingRetry,
  type DeliveryProgress,
  MAX_REDRIVES_PER_ENDPOINT,
  type RedriveRange,
  type RunningRedrive,
  type WebhookEndpoint,
} from './endpoint.ts';
import type { EventPage, EventReader, EventWithPosition } from './log-reader.ts';
import { type DeliveryAttempt, updateEndpoint, type WebhookStorage } from './ports.ts';
import type { WebhookHttpClient } from './post.ts';
import {
  type AccountDeliveryResult,
  computeNextAttemptTime,
  computeProgressAfterRound,
  findAccountsDue,
  findReasonToPause,
  isInRedriveRange,
  mayReadNewEvents,
  pauseForFailures,
  toEventPosition,
} from './progress.ts';
import type { SecretSealer } from './seal.ts';

/** How often a round checks whether an operator has changed its endpoint, in ms. */
const LOOK_EVERY_MS = 1000;
/**
 * The maximum number of pages without an event for the endpoint that a round reads before it stores the
 * position.
 */
const MAX_SKIPPED_PAGES = 50;

export interface DeliveryRoundDeps {
  readonly storage: Pick<WebhookStorage, 'endpoints' | 'attempts' | 'sentBefore'>;
  readonly reader: EventReader;
  readonly poster: Pick<WebhookHttpClient, 'post'>;
  readonly sealer: Pick<SecretSealer, 'open'>;
  readonly pauseAfterMs: number;
  now(): Date;
  /** Returns a random number in [0, 1). */
  random(): number;
  /**
   * Aborted when the service stops, or when the lease may have expired, so that another process may send to
   * the endpoint.
   */
  readonly signal: AbortSignal;
}

export interface DeliveryRoundReport {
  /** The endpoint as stored after the round. Undefined if the endpoint was removed. */
  readonly endpoint: WebhookEndpoint | undefined;
  /** Whether there may be more events to send, so that the next round should begin immediately. */
  readonly isBusy: boolean;
  /** Why this round has paused the endpoint. Absent if the round has not paused the endpoint. */
  readonly paused?: string;
  readonly delivered: number;
  readonly failed: number;
  /** The last page of new events that this round read. Undefined if the round read no new events. */
  readonly page?: EventPage;
  readonly nextDue?: Date;
}

/** The events that a delivery round has sent, and the endpoint's position after the round. */
interface RoundOutcome extends DeliverEventsResult {
  readonly cursor?: string;
  /** The state of the redrive after this round. `null` if the redrive is complete. */
  readonly redrive?: RunningRedrive | null;
  readonly page?: EventPage;
}

/**
 * Runs a delivery round. If an operator changes, pauses or removes the endpoint during the round, requests in
 * flight are aborted, and the next round sends their events again. If the log or the store fails, the round
 * rejects and stores nothing, and the next round sends the same events again.
 */
export async function runDeliveryRound(id: string, deps: DeliveryRoundDeps): Promise<DeliveryRoundReport> {
  const found = await deps.storage.endpoints.find(id);
  if (found === undefined || found.paused !== undefined) return idle(found);
  const isRestarted = await isOnAnotherLog(found, deps.reader);
  const endpoint = isRestarted ? { ...found, delivery: restart(found.delivery) } : found;
  const sent = await sendUnlessChanged(endpoint, deps);
  const { endpoint: stored, paused } = await storeOutcome({ before: endpoint, isRestarted, sent }, deps);
  // If the endpoint was removed during the round, its attempts were removed too, so store no new ones.
  if (stored !== undefined) await deps.storage.attempts.put(id, sent.attempts);
  const failed = sent.attempts.filter(({ delivered }) => !delivered).length;
  const due = stored && computeNextAttemptTime(stored.delivery);
  return {
    endpoint: stored,
    isBusy:
      sent.attempts.length > 0 ||
      sent.redrive !== undefined ||
      (sent.page?.behind ?? 0) > 0 ||
      stored?.revision !== endpoint.revision,
    ...(paused !== undefined && { paused }),
    delivered: sent.attempts.length - failed,
    failed,
    ...(sent.page && { page: sent.page }),
    ...(due && { nextDue: due }),
  };
}

function idle(endpoint: WebhookEndpoint | undefined): DeliveryRoundReport {
  return { endpoint, isBusy: false, delivered: 0, failed: 0 };
}

/** Returns whether an endpoint's cursor belongs to another log, so that its offsets are meaningless. */
async function isOnAnotherLog({ delivery }: WebhookEndpoint, reader: EventReader): Promise<boolean> {
  return delivery.cursor !== undefined && !(await reader.isOfCurrentLog(delivery.cursor));
}

/** Returns the progress of an endpoint after it was set back to the beginning of the log. */
function restart({ cursor: _cursor, caughtUp: _caughtUp, ...delivery }: DeliveryProgress): DeliveryProgress {
  return { ...delivery, waiting: [] };
}

async function sendUnlessChanged(endpoint: WebhookEndpoint, deps: DeliveryRoundDeps): Promise<RoundOutcome> {
  const ending = new AbortController();
  const signal = AbortSignal.any([deps.signal, ending.signal]);
  const watching = waitForChange(endpoint, deps.storage, signal).then(() => ending.abort());
  try {
    return await send(endpoint, { ...deps, signal });
  } finally {
    ending.abort();
    await watching;
  }
}

/** Waits until an operator has changed or removed the endpoint, or until `signal` is aborted. */
async function waitForChange(
  { id, revision }: WebhookEndpoint,
  { endpoints }: DeliveryRoundDeps['storage'],
  signal: AbortSignal,
): Promise<void> {
  for (await sleep(LOOK_EVERY_MS, signal); !signal.aborted; await sleep(LOOK_EVERY_MS, signal)) {
    // If the store is down, assume that the endpoint has not changed. The round could not store its outcome
    // anyway.
    const current = await endpoints.find(id).catch(() => ({ revision }));
    if (current?.revision !== revision) return;
  }
}

async function send(endpoint: WebhookEndpoint, deps: DeliveryRoundDeps): Promise<RoundOutcome> {
  const { delivery } = endpoint;
  const due = findAccountsDue(delivery, deps.now());
  if (due.length > 0 && delivery.cursor !== undefined)
    return sendWaiting(endpoint, due, delivery.cursor, deps);
  if (!mayReadNewEvents(delivery)) return { results: [], attempts: [] };
  return delivery.redrive === undefined
    ? sendNew(endpoint, deps)
    : sendRedrive(endpoint, delivery.redrive, deps);
}

async function sendWaiting(
  endpoint: WebhookEndpoint,
  due: readonly AccountAwaitingRetry[],
  cursor: string,
  deps: DeliveryRoundDeps,
): Promise<RoundOutcome> {
  const waiting = new Map(due.map((account) => [account.account, account]));
  const events = new Map(
    due.map((account) => [account.account, owedEvents(endpoint, account, cursor, deps.reader)]),
  );
  const { results, attempts } = await deliverEvents(endpoint, events, deps);
  return { attempts, results: results.map((result) => keepRedriven(result, waiting.get(result.account))) };
}

/** Yields the events to send for a waiting account, in order. */
async function* owedEvents(
  endpoint: WebhookEndpoint,
  waiting: AccountAwaitingRetry,
  cursor: string,
  reader: EventReader,
): AsyncGenerator<EventWithPosition> {
  const { redriven } = waiting;
  for await (const event of reader.readAccount(endpoint, waiting, cursor)) {
    const isOwed =
      redriven !== undefined && event.offset < redriven.until
        ? redriven.ranges.some((range) => isInRedriveRange(event, range))
        : isDecidedSince(endpoint, event);
    if (isOwed) yield event;
  }
}

/**
 * If an account waited because of a redrive, and sending has stopped before the end of this redrive, adds the
 * ranges of the redrive to the result, so that the next attempt also sends only the events in these ranges.
 */
function keepRedriven(
  result: AccountDeliveryResult,
  waiting: AccountAwaitingRetry | undefined,
): AccountDeliveryResult {
  const { stopped } = result;
  const redriven = waiting?.redriven;
  if (stopped === undefined || redriven === undefined || stopped.offset >= redriven.until) return result;
  return { ...result, stopped: { ...stopped, redriven } };
}

async function sendNew(endpoint: WebhookEndpoint, deps: DeliveryRoundDeps): Promise<RoundOutcome> {
  let { page, events } = await readNew(endpoint, endpoint.delivery.cursor, deps);
  for (
    let skipped = 0;
    events.length === 0 && page.behind > 0 && skipped < MAX_SKIPPED_PAGES && !deps.signal.aborted;
    skipped += 1
  )
    ({ page, events } = await readNew(endpoint, page.cursor, deps));
  return { ...(await deliverEvents(endpoint, byAccount(events), deps)), cursor: page.cursor, page };
}

/** Reads a page of new events, and selects the events to send. */
async function readNew(
  endpoint: WebhookEndpoint,
  after: string | undefined,
  deps: DeliveryRoundDeps,
): Promise<{ readonly page: EventPage; readonly events: readonly EventWithPosition[] }> {
  const page = await deps.reader.read(endpoint, after);
  const waiting = new Set(endpoint.delivery.waiting.map(({ account }) => account));
  const sentBefore = await sentBeforeMove(endpoint, page.events, deps);
  // Leave out new events of accounts that already wait for a retry. These events must be sent after the
  // earlier events of their accounts.
  const events = page.events.filter(
    (event) =>
      isDecidedSince(endpoint, event) &&
      !waiting.has(event.account) &&
      event.sequence > (sentBefore.get(event.account) ?? 0),
  );
  return { page, events };
}

function byAccount(events: readonly EventWithPosition[]): EventsByAccount {
  return Map.groupBy(events, ({ account }) => account);
}

/**
 * Returns, for each account, the sequence of the last event that was sent before `ops move` replaced the log.
 */
async function sentBeforeMove(
  { id, delivery }: WebhookEndpoint,
  events: readonly EventWithPosition[],
  { storage }: Pick<DeliveryRoundDeps, 'storage'>,
): Promise<ReadonlyMap<string, number>> {
  if (!delivery.moved || events.length === 0) return new Map();
  return storage.sentBefore.find(id, [...new Set(events.map(({ account }) => account))]);
}

/**
 * Sends one page of a redrive. No new events are sent until the redrive is complete, so that events stay in
 * order.
 */
async function sendRedrive(
  endpoint: WebhookEndpoint,
  redrive: RunningRedrive,
  deps: DeliveryRoundDeps,
): Promise<RoundOutcome> {
  if (!(await deps.reader.isOfCurrentLog(redrive.end))) return { results: [], attempts: [], redrive: null };
  const page = await deps.reader.read(endpoint, redrive.cursor);
  const waiting = new Map(endpoint.delivery.waiting.map((account) => [account.account, account]));
  const events = page.events.filter(
    (event) =>
      event.offset < deps.reader.offsetIn(redrive.end, event.partition) &&
      redrive.ranges.some((range) => isInRedriveRange(event, range)) &&
      event.offset < (waiting.get(event.account)?.offset ?? Number.POSITIVE_INFINITY),
  );
  const { results, attempts } = await deliverEvents(endpoint, byAccount(events), deps);
  const isOver = page.behind === 0 || deps.reader.hasReached(page.cursor, redrive.end);
  return {
    attempts,
    results: results.map((result) => afterRedrive(result, redrive, waiting.get(result.account), deps.reader)),
    redrive: isOver ? null : { ...redrive, cursor: page.cursor },
  };
}

/**
 * Adds to an account's result of a redrive what the account waits for next. If an event of the redrive was
 * not delivered, the account waits for this event and for the later events of the redrive. If all events were
 * delivered, but the account already waited for a retry before, it still waits for the same event.
 */
function afterRedrive(
  result: AccountDeliveryResult,
  { ranges, end }: RunningRedrive,
  waiting: AccountAwaitingRetry | undefined,
  reader: EventReader,
): AccountDeliveryResult {
  const { stopped } = result;
  if (stopped === undefined)
    return waiting === undefined
      ? result
      : keepRedriven({ ...result, stopped: toEventPosition(waiting) }, waiting);
  const until = waiting?.redriven?.until ?? waiting?.offset ?? reader.offsetIn(end, stopped.partition);
  const all = distinctRanges([...(waiting?.redriven?.ranges ?? []), ...ranges]);
  // The number of stored ranges is limited. If there are too many, store none, so that all later events of
  // the account are sent again.
  return all.length > MAX_REDRIVES_PER_ENDPOINT
    ? result
    : { ...result, stopped: { ...stopped, redriven: { ranges: all, until } } };
}

function distinctRanges(ranges: readonly RedriveRange[]): RedriveRange[] {
  return [...new Map(ranges.map((range) => [JSON.stringify(range), range])).values()];
}

function isDecidedSince({ since }: WebhookEndpoint, { time }: EventWithPosition): boolean {
  return time >= since;
}

interface Round {
  /** The endpoint as it was at the beginning of the round. */
  readonly before: WebhookEndpoint;
  /** Whether this round has set the endpoint back to the beginning of the log. */
  readonly isRestarted: boolean;
  readonly sent: RoundOutcome;
}

/**
 * Stores the outcome of a round. Discards the outcome if another process has stored the outcome of a round of
 * this endpoint in the meantime.
 */
async function storeOutcome(
  { before, isRestarted, sent }: Round,
  { storage, now, random, pauseAfterMs }: DeliveryRoundDeps,
): Promise<{ readonly endpoint: WebhookEndpoint | undefined; readonly paused?: string }> {
  const at = now();
  const hasReachedEnd = sent.page?.behind === 0 && !before.delivery.caughtUp;
  if (
    sent.results.length === 0 &&
    sent.redrive === undefined &&
    isCursorUnchanged(before, sent) &&
    !hasReachedEnd
  )
    return { endpoint: before };
  let reason: string | undefined;
  const endpoint = await updateEndpoint(storage.endpoints, before.id, (current) => {
    reason = undefined;
    if (current.delivery.round !== before.delivery.round) return undefined;
    // Apply the outcome to the endpoint as it is stored now, because an operator may have changed the
    // endpoint during the round, for example resumed it.
    const stored = isRestarted ? restart(current.delivery) : current.delivery;
    const results = sent.results.map((result) => withNewerRanges(result, before.delivery, current.delivery));
    const { waiting, failing } = computeProgressAfterRound(stored, results, {
      now: at,
      random,
      failuresInARow: countTrailingFailures(sent.attempts),
    });
    reason = findReasonToPause({ failing }, sent.results, { now: at, pauseAfterMs });
    const { failing: _, redrive, ...delivery } = stored;
    const cursor = sent.cursor ?? before.delivery.cursor;
    const next = redriveAfter(redrive, before.delivery.redrive, sent.redrive);
    const changed = {
      ...current,
      delivery: {
        ...delivery,
        round: delivery.round + 1,
        waiting,
        attempts: before.delivery.attempts + sent.attempts.length,
        ...(hasReachedEnd && { caughtUp: true as const }),
        ...(cursor !== undefined && { cursor }),
        ...(failing && { failing }),
        ...(next && { redrive: next }),
      },
    };
    return reason === undefined || current.paused !== undefined
      ? changed
      : pauseForFailures(changed, reason, at);
  });
  return { endpoint, ...(endpoint?.paused?.by === 'failures' && reason !== undefined && { paused: reason }) };
}

/** Returns how many attempts have failed since the last delivered one. */
function countTrailingFailures(attempts: readonly DeliveryAttempt[]): number {
  return attempts.length - 1 - attempts.findLastIndex(({ delivered }) => delivered);
}

/**
 * If a redrive was requested during the round, adds its ranges to those that a waiting account's events are
 * sent again from.
 */
function withNewerRanges(
  result: AccountDeliveryResult,
  before: DeliveryProgress,
  { redrive }: DeliveryProgress,
): AccountDeliveryResult {
  const { stopped } = result;
  if (stopped?.redriven === undefined || redrive === undefined || redrive.id === before.redrive?.id)
    return result;
  const { redriven, ...position } = stopped;
  const ranges = distinctRanges([...redriven.ranges, ...redrive.ranges]);
  return {
    ...result,
    stopped:
      ranges.length > MAX_REDRIVES_PER_ENDPOINT
        ? position
        : { ...position, redriven: { ...redriven, ranges } },
  };
}

function isCursorUnchanged({ delivery }: WebhookEndpoint, { cursor }: RoundOutcome): boolean {
  return cursor === undefined || cursor === delivery.cursor;
}

/**
 * Returns the redrive to store. If another redrive was requested during the round, returns the stored one
 * unchanged.
 */
function redriveAfter(
  current: DeliveryProgress['redrive'],
  before: DeliveryProgress['redrive'],
  after: RoundOutcome['redrive'],
): DeliveryProgress['redrive'] {
  if (after === undefined || current?.id !== before?.id) return current;
  return after ?? undefined;
}
