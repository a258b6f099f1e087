/**
 * Sends events to an endpoint. The events of one account are sent one after another; several accounts are
 * served at the same time.
 */
import { getSigningSecrets, type WebhookEndpoint } from './endpoint.ts';
import type { EventWithPosition } from './log-reader.ts';
import type { DeliveryAttempt } from './ports.ts';
import type { WebhookHttpClient } from './post.ts';
import {
  type AccountDeliveryResult,
  FAILURES_UNTIL_ENDPOINT_IS_DOWN,
  formatFailure,
  isEndpointDown,
  toEventPosition,
  type WebhookRequestOutcome,
} from './progress.ts';
import type { SecretSealer } from './seal.ts';
import { createSignatureHeaders } from './sign.ts';

/** For how many accounts events are sent to one endpoint at the same time. */
const CONCURRENT_ACCOUNTS = 8;
/** The maximum number of events of one account that are sent in one delivery round. */
const MAX_EVENTS_PER_ACCOUNT = 100;

export interface DeliverEventsDeps {
  readonly poster: Pick<WebhookHttpClient, 'post'>;
  readonly sealer: Pick<SecretSealer, 'open'>;
  now(): Date;
  /** When aborted, requests in flight are aborted, and no further ones are sent. */
  readonly signal: AbortSignal;
}

export interface DeliverEventsResult {
  /** One result for each account that had events. */
  readonly results: readonly AccountDeliveryResult[];
  readonly attempts: readonly DeliveryAttempt[];
}

/** Maps the id of each account to the account's events, in order. */
export type EventsByAccount = ReadonlyMap<
  string,
  Iterable<EventWithPosition> | AsyncIterable<EventWithPosition>
>;

/**
 * Sends events to an endpoint. After a failure, no later events of the same account are sent. After
 * FAILURES_UNTIL_ENDPOINT_IS_DOWN failures in a row, the endpoint counts as down, and no more events are sent
 * to it.
 * @throws Error with a one-line message if a secret cannot be decrypted; the errors of the log if events are
 * read from it
 */
export async function deliverEvents(
  endpoint: WebhookEndpoint,
  events: EventsByAccount,
  deps: DeliverEventsDeps,
): Promise<DeliverEventsResult> {
  const attempts: DeliveryAttempt[] = [];
  const results: AccountDeliveryResult[] = [];
  const groups = [...events];
  let failures = endpoint.delivery.failing?.count ?? 0;
  let isProbe = isEndpointDown(endpoint.delivery);
  let isGone = false;

  /**
   * Sends an event and records the attempt. Returns undefined, and records nothing, if no request was sent
   * because the endpoint is down or has responded with 410 Gone, or if the request was aborted.
   */
  async function attempt(event: EventWithPosition): Promise<WebhookRequestOutcome | undefined> {
    if (deps.signal.aborted || isGone || (failures >= FAILURES_UNTIL_ENDPOINT_IS_DOWN && !isProbe))
      return undefined;
    isProbe = false;
    const at = deps.now();
    const began = performance.now();
    const outcome = await post(endpoint, event, at, deps);
    // Nobody knows whether the endpoint has received the aborted request. Do not count the attempt; the event
    // is sent again later.
    if (outcome.kind !== 'delivered' && deps.signal.aborted) return undefined;
    failures = outcome.kind === 'delivered' ? 0 : failures + 1;
    isGone ||= outcome.kind === 'gone';
    const n = endpoint.delivery.attempts + attempts.length;
    attempts.push({
      n,
      at,
      ...attemptOf(event, outcome),
      milliseconds: Math.round(performance.now() - began),
    });
    return outcome;
  }

  async function deliverAccount(
    account: string,
    own: Iterable<EventWithPosition> | AsyncIterable<EventWithPosition>,
  ): Promise<AccountDeliveryResult> {
    let delivered = 0;
    for await (const event of own) {
      // The account has reached the limit of events per delivery round. The next round continues with this
      // event.
      if (delivered === MAX_EVENTS_PER_ACCOUNT)
        return { account, delivered, stopped: toEventPosition(event) };
      const outcome = await attempt(event);
      if (outcome?.kind === 'delivered') delivered += 1;
      else
        return { account, delivered, stopped: toEventPosition(event), ...(outcome && { failure: outcome }) };
    }
    return { account, delivered };
  }

  async function work(): Promise<void> {
    for (let group = groups.shift(); group !== undefined; group = groups.shift())
      results.push(await deliverAccount(...group));
  }

  await Promise.all(Array.from({ length: CONCURRENT_ACCOUNTS }, work));
  return { results, attempts };
}

async function post(
  endpoint: WebhookEndpoint,
  { id, body }: EventWithPosition,
  now: Date,
  { poster, sealer, signal }: DeliverEventsDeps,
): Promise<WebhookRequestOutcome> {
  const secrets = await Promise.all(
    getSigningSecrets(endpoint, now).map((sealed) => sealer.open(endpoint.id, sealed)),
  );
  return poster.post({
    url: endpoint.url,
    body,
    signal,
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'Latchkey-Webhooks',
      ...createSignatureHeaders({ id, body, now }, secrets),
    },
  });
}

function attemptOf({ id, type, account }: EventWithPosition, outcome: WebhookRequestOutcome) {
  const { status } = outcome;
  return {
    event: id,
    type,
    account,
    delivered: outcome.kind === 'delivered',
    ...(status !== undefined && { status }),
    ...(outcome.kind !== 'delivered' && { reason: formatFailure(outcome) }),
  };
}
