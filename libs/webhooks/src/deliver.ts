/**
 * Sends events to an endpoint. Events of one account are sent one after another; accounts are served concurrently.
 */
import { signingSecretsOf, type WebhookEndpoint } from './endpoint.ts';
import type { LoggedEvent } from './log-reader.ts';
import type { Attempt } from './ports.ts';
import type { HttpPoster } from './post.ts';
import {
  type AccountResult,
  describeFailure,
  eventPositionOf,
  FAILURES_UNTIL_DOWN,
  isEndpointDown,
  type RequestOutcome,
} from './progress.ts';
import type { SecretSealer } from './seal.ts';
import { signatureHeaders } from './sign.ts';

/** The number of accounts whose events are sent to one endpoint concurrently. */
const CONCURRENT_ACCOUNTS = 8;
/** The maximum number of events of one account that are sent in one delivery round. */
const MAX_EVENTS_PER_ACCOUNT = 100;

export interface DeliverDeps {
  readonly poster: Pick<HttpPoster, 'post'>;
  readonly sealer: Pick<SecretSealer, 'open'>;
  now(): Date;
  /** When aborted, requests in flight are aborted, and no further ones are sent. */
  readonly signal: AbortSignal;
}

export interface DeliverResult {
  /** One result for each account. */
  readonly results: readonly AccountResult[];
  readonly attempts: readonly Attempt[];
}

/** Maps the id of each account to its events, in order. */
export type EventsByAccount = ReadonlyMap<string, Iterable<LoggedEvent> | AsyncIterable<LoggedEvent>>;

/**
 * Sends events. After a failure, no later events of the same account are sent. After FAILURES_UNTIL_DOWN failures in
 * a row, the endpoint counts as down, and no events of any account are sent.
 * @throws Error with a one-line message if a secret cannot be decrypted; the errors of the log if events are read
 * from it
 */
export async function deliverEvents(
  endpoint: WebhookEndpoint,
  events: EventsByAccount,
  deps: DeliverDeps,
): Promise<DeliverResult> {
  const attempts: Attempt[] = [];
  const results: AccountResult[] = [];
  const groups = [...events];
  let failures = endpoint.delivery.failing?.count ?? 0;
  let isProbe = isEndpointDown(endpoint.delivery);
  let isGone = false;

  /**
   * Sends an event and records the attempt. Returns undefined if the event was not sent, because the endpoint is down
   * or gone, or if the request was aborted.
   */
  async function attempt(event: LoggedEvent): Promise<RequestOutcome | undefined> {
    if (deps.signal.aborted || isGone || (failures >= FAILURES_UNTIL_DOWN && !isProbe)) return undefined;
    isProbe = false;
    const at = deps.now();
    const began = performance.now();
    const outcome = await post(endpoint, event, at, deps);
    // It is unknown whether the endpoint has received the aborted request. The attempt does not count, so the event
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
    own: Iterable<LoggedEvent> | AsyncIterable<LoggedEvent>,
  ): Promise<AccountResult> {
    let delivered = 0;
    for await (const event of own) {
      // The limit of this round is reached. The next round continues with this event.
      if (delivered === MAX_EVENTS_PER_ACCOUNT)
        return { account, delivered, stopped: eventPositionOf(event) };
      const outcome = await attempt(event);
      if (outcome?.kind === 'delivered') delivered += 1;
      else
        return { account, delivered, stopped: eventPositionOf(event), ...(outcome && { failure: outcome }) };
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
  { id, body }: LoggedEvent,
  now: Date,
  { poster, sealer, signal }: DeliverDeps,
): Promise<RequestOutcome> {
  const secrets = await Promise.all(
    signingSecretsOf(endpoint, now).map((sealed) => sealer.open(endpoint.id, sealed)),
  );
  return poster.post({
    url: endpoint.url,
    body,
    signal,
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'Latchkey-Webhooks',
      ...signatureHeaders({ id, body, now }, secrets),
    },
  });
}

function attemptOf({ id, type, account }: LoggedEvent, outcome: RequestOutcome) {
  const { status } = outcome;
  return {
    event: id,
    type,
    account,
    delivered: outcome.kind === 'delivered',
    ...(status !== undefined && { status }),
    ...(outcome.kind !== 'delivered' && { reason: describeFailure(outcome) }),
  };
}
