/** Sends events to an endpoint: those of one account one after the other, those of several at the same time. */
import { validSecrets, type WebhookEndpoint } from './endpoint.ts';
import type { LoggedEvent } from './log-reader.ts';
import type { Attempt } from './ports.ts';
import type { Poster } from './post.ts';
import { type AccountResult, DOWN_AFTER, isDown, placeOf, reasonOf, type Verdict } from './progress.ts';
import type { SecretSealer } from './seal.ts';
import { signatureHeaders } from './sign.ts';

/** How many accounts of one endpoint are sent at the same time. */
const AT_ONCE = 8;

export interface DeliverDeps {
  readonly poster: Pick<Poster, 'post'>;
  readonly sealer: Pick<SecretSealer, 'open'>;
  now(): Date;
  /** Ends the requests in flight, and lets no further one begin. */
  readonly signal: AbortSignal;
}

export interface Delivered {
  /** One per account. */
  readonly results: readonly AccountResult[];
  readonly attempts: readonly Attempt[];
}

/**
 * Sends events. Stops for an account at its first failure, and for all once the endpoint counts as down.
 * @throws Error of one line if a secret cannot be opened
 */
export async function deliver(
  endpoint: WebhookEndpoint,
  events: readonly LoggedEvent[],
  deps: DeliverDeps,
): Promise<Delivered> {
  const attempts: Attempt[] = [];
  const results: AccountResult[] = [];
  const groups = [...Map.groupBy(events, ({ account }) => account)];
  let failures = endpoint.delivery.failing?.count ?? 0;
  let isProbe = isDown(endpoint.delivery);
  let isGone = false;

  /** Returns undefined if the event may not be attempted at the moment. */
  async function attempt(event: LoggedEvent): Promise<Verdict | undefined> {
    if (deps.signal.aborted || isGone || (failures >= DOWN_AFTER && !isProbe)) return undefined;
    isProbe = false;
    const at = deps.now();
    const began = performance.now();
    const verdict = await post(endpoint, event, at, deps);
    // Whether it arrived is not known, so that it counts as not attempted.
    if (verdict.kind !== 'delivered' && deps.signal.aborted) return undefined;
    failures = verdict.kind === 'delivered' ? 0 : failures + 1;
    isGone ||= verdict.kind === 'gone';
    const n = endpoint.delivery.attempts + attempts.length;
    attempts.push({
      n,
      at,
      ...attemptOf(event, verdict),
      milliseconds: Math.round(performance.now() - began),
    });
    return verdict;
  }

  async function deliverAccount(account: string, own: readonly LoggedEvent[]): Promise<AccountResult> {
    let delivered = 0;
    for (const event of own) {
      const verdict = await attempt(event);
      if (verdict?.kind === 'delivered') delivered += 1;
      else return { account, delivered, stopped: placeOf(event), ...(verdict && { failure: verdict }) };
    }
    return { account, delivered };
  }

  async function work(): Promise<void> {
    for (let group = groups.shift(); group !== undefined; group = groups.shift())
      results.push(await deliverAccount(...group));
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { results, attempts };
}

async function post(
  endpoint: WebhookEndpoint,
  { id, body }: LoggedEvent,
  now: Date,
  { poster, sealer, signal }: DeliverDeps,
): Promise<Verdict> {
  const secrets = await Promise.all(
    validSecrets(endpoint, now).map((sealed) => sealer.open(endpoint.id, sealed)),
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

function attemptOf({ id, type, account }: LoggedEvent, verdict: Verdict) {
  const { status } = verdict;
  return {
    event: id,
    type,
    account,
    delivered: verdict.kind === 'delivered',
    ...(status !== undefined && { status }),
    ...(verdict.kind !== 'delivered' && { reason: reasonOf(verdict) }),
  };
}
