/**
 * Runs one delivery round for an endpoint: sends the waiting events that are due, or else new ones, and stores its
 * position.
 */
import { type DeliverResult, deliverEvents } from './deliver.ts';
import type { DeliveryProgress, Redrive, WaitingAccount, WebhookEndpoint } from './endpoint.ts';
import type { EventPage, EventReader, LoggedEvent } from './log-reader.ts';
import { changeEndpoint, type WebhookStorage } from './ports.ts';
import type { HttpPoster } from './post.ts';
import {
  type AccountResult,
  accountsDue,
  eventPositionOf,
  isInRedriveRange,
  mayReadNewEvents,
  nextAttemptAt,
  pauseForFailures,
  progressAfterRound,
  reasonToPause,
} from './progress.ts';
import type { SecretSealer } from './seal.ts';

export interface RoundDeps {
  readonly storage: Pick<WebhookStorage, 'endpoints' | 'attempts' | 'sentBefore'>;
  readonly reader: EventReader;
  readonly poster: Pick<HttpPoster, 'post'>;
  readonly sealer: Pick<SecretSealer, 'open'>;
  readonly pauseAfterMs: number;
  now(): Date;
  /** Returns a number from 0 up to, but not including, 1. */
  random(): number;
  /** Aborted once another process may send to the endpoint, or when the service stops. */
  readonly signal: AbortSignal;
}

export interface RoundReport {
  /** The endpoint as it is stored now; undefined if it was removed. */
  readonly endpoint: WebhookEndpoint | undefined;
  /** Whether the next round can run immediately. */
  readonly isBusy: boolean;
  /** Why the endpoint was paused in this round; absent if it was not. */
  readonly paused?: string;
  readonly delivered: number;
  readonly failed: number;
  /** The page of new events that this round has read; undefined if it read none. */
  readonly page?: EventPage;
  readonly nextDue?: Date;
}

/** The requests of a round, and the position in the log after it. */
interface RoundOutcome extends DeliverResult {
  readonly cursor?: string;
  /** The state of the redrive after this round; `null` if it is over. */
  readonly redrive?: Redrive | null;
  readonly page?: EventPage;
}

/**
 * Runs a delivery round. Rejects if the log or the store fails: nothing is stored then, so the same events are sent
 * again.
 */
export async function runDeliveryRound(id: string, deps: RoundDeps): Promise<RoundReport> {
  const found = await deps.storage.endpoints.find(id);
  if (found === undefined || found.paused !== undefined) return idle(found);
  const endpoint = await restartOnNewLog(found, deps.reader);
  const sent = await send(endpoint, deps);
  const { endpoint: stored, paused } = await storeOutcome(endpoint, sent, deps);
  // If the endpoint was removed meanwhile, its attempts were removed with it, so none are stored.
  if (stored !== undefined) await deps.storage.attempts.put(id, sent.attempts);
  const failed = sent.attempts.filter(({ delivered }) => !delivered).length;
  const due = stored && nextAttemptAt(stored.delivery);
  return {
    endpoint: stored,
    isBusy: sent.attempts.length > 0 || sent.redrive !== undefined || (sent.page?.behind ?? 0) > 0,
    ...(paused !== undefined && { paused }),
    delivered: sent.attempts.length - failed,
    failed,
    ...(sent.page && { page: sent.page }),
    ...(due && { nextDue: due }),
  };
}

function idle(endpoint: WebhookEndpoint | undefined): RoundReport {
  return { endpoint, isBusy: false, delivered: 0, failed: 0 };
}

/** Restarts the endpoint from the beginning if its cursor belongs to another log, whose offsets are invalid here. */
async function restartOnNewLog(endpoint: WebhookEndpoint, reader: EventReader): Promise<WebhookEndpoint> {
  const { cursor } = endpoint.delivery;
  if (cursor === undefined || (await reader.isOfCurrentLog(cursor))) return endpoint;
  const { cursor: _, ...delivery } = endpoint.delivery;
  return { ...endpoint, delivery: { ...delivery, waiting: [] } };
}

async function send(endpoint: WebhookEndpoint, deps: RoundDeps): Promise<RoundOutcome> {
  const { delivery } = endpoint;
  const due = accountsDue(delivery, deps.now());
  if (due.length > 0 && delivery.cursor !== undefined)
    return sendWaiting(endpoint, due, delivery.cursor, deps);
  if (!mayReadNewEvents(delivery)) return { results: [], attempts: [] };
  return delivery.redrive === undefined
    ? sendNew(endpoint, deps)
    : sendRedrive(endpoint, delivery.redrive, deps);
}

async function sendWaiting(
  endpoint: WebhookEndpoint,
  due: readonly WaitingAccount[],
  cursor: string,
  deps: RoundDeps,
): Promise<RoundOutcome> {
  const read = await Promise.all(
    due.map(async (waiting) => ({ waiting, ...(await deps.reader.readAccount(endpoint, waiting, cursor)) })),
  );
  const { results, attempts } = await deliverEvents(
    endpoint,
    read.flatMap(({ events }) => events),
    deps,
  );
  const byAccount = new Map(results.map((result) => [result.account, result]));
  return {
    attempts,
    results: read.map(({ waiting, events: own, isComplete }) => {
      const result = byAccount.get(waiting.account) ?? { account: waiting.account, delivered: 0 };
      const last = own.at(-1);
      if (result.stopped !== undefined || isComplete || last === undefined) return result;
      // Not all waiting events were read, so the next round continues with the last event of this one, which is then
      // sent twice.
      return { ...result, stopped: eventPositionOf(last) };
    }),
  };
}

async function sendNew(endpoint: WebhookEndpoint, deps: RoundDeps): Promise<RoundOutcome> {
  const page = await deps.reader.read(endpoint, endpoint.delivery.cursor);
  const waiting = new Set(endpoint.delivery.waiting.map(({ account }) => account));
  const sentBefore = await sentBeforeMove(endpoint, page.events, deps);
  // New events of a waiting account are sent after its waiting events.
  const events = page.events.filter(
    (event) =>
      isDecidedSince(endpoint, event) &&
      !waiting.has(event.account) &&
      event.sequence > (sentBefore.get(event.account) ?? 0),
  );
  return { ...(await deliverEvents(endpoint, events, deps)), cursor: page.cursor, page };
}

/** Returns, for each account, the sequence of the last event that was sent before `ops move` replaced the log. */
async function sentBeforeMove(
  { id, delivery }: WebhookEndpoint,
  events: readonly LoggedEvent[],
  { storage }: Pick<RoundDeps, 'storage'>,
): Promise<ReadonlyMap<string, number>> {
  if (!delivery.moved || events.length === 0) return new Map();
  return storage.sentBefore.find(id, [...new Set(events.map(({ account }) => account))]);
}

/**
 * Sends a page of a redrive, that is, of events that are sent again. New events wait until the redrive is complete,
 * so that the order is kept.
 */
async function sendRedrive(
  endpoint: WebhookEndpoint,
  redrive: Redrive,
  deps: RoundDeps,
): Promise<RoundOutcome> {
  if (!(await deps.reader.isOfCurrentLog(redrive.end))) return { results: [], attempts: [], redrive: null };
  const page = await deps.reader.read(endpoint, redrive.cursor);
  const waiting = new Map(endpoint.delivery.waiting.map((account) => [account.account, account]));
  const events = page.events.filter(
    (event) =>
      deps.reader.isBefore(event, redrive.end) &&
      redrive.ranges.some((range) => isInRedriveRange(event, range)) &&
      event.offset < (waiting.get(event.account)?.offset ?? Number.POSITIVE_INFINITY),
  );
  const { results, attempts } = await deliverEvents(endpoint, events, deps);
  const isOver = page.behind === 0 || deps.reader.hasReached(page.cursor, redrive.end);
  return {
    attempts,
    // A redrive does not change which events an account waits for.
    results: results.map((result) => ({ ...keepWaiting(waiting.get(result.account)), ...result })),
    redrive: isOver ? null : { ...redrive, cursor: page.cursor },
  };
}

function keepWaiting(waiting: WaitingAccount | undefined): Pick<AccountResult, 'stopped'> {
  return waiting === undefined ? {} : { stopped: eventPositionOf(waiting) };
}

function isDecidedSince({ since }: WebhookEndpoint, { time }: LoggedEvent): boolean {
  return time >= since;
}

/** Stores the outcome, unless another process has stored a round of this endpoint in the meantime. */
async function storeOutcome(
  before: WebhookEndpoint,
  sent: RoundOutcome,
  { storage, now, random, pauseAfterMs }: RoundDeps,
): Promise<{ readonly endpoint: WebhookEndpoint | undefined; readonly paused?: string }> {
  const at = now();
  const { waiting, failing } = progressAfterRound(before.delivery, sent.results, { now: at, random });
  const reason = reasonToPause({ failing }, sent.results, { now: at, pauseAfterMs });
  if (sent.results.length === 0 && sent.redrive === undefined && isCursorUnchanged(before, sent))
    return { endpoint: before };
  const endpoint = await changeEndpoint(storage.endpoints, before.id, (current) => {
    if (current.delivery.round !== before.delivery.round) return undefined;
    const { failing: _, redrive, ...delivery } = current.delivery;
    const cursor = sent.cursor ?? before.delivery.cursor;
    const next = redriveAfter(redrive, before.delivery.redrive, sent.redrive);
    const changed = {
      ...current,
      delivery: {
        ...delivery,
        round: delivery.round + 1,
        waiting,
        attempts: before.delivery.attempts + sent.attempts.length,
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

function isCursorUnchanged({ delivery }: WebhookEndpoint, { cursor }: RoundOutcome): boolean {
  return cursor === undefined || cursor === delivery.cursor;
}

/** Returns the redrive to store. A redrive that was requested during the round is kept unchanged. */
function redriveAfter(
  current: DeliveryProgress['redrive'],
  before: DeliveryProgress['redrive'],
  after: RoundOutcome['redrive'],
): DeliveryProgress['redrive'] {
  if (after === undefined || current?.id !== before?.id) return current;
  return after ?? undefined;
}
