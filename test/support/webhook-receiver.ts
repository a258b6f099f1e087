/**
 * A receiver of webhooks for tests. The receiver verifies signatures, skips events that it has already
 * handled, and fails on purpose.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

export interface ReceivedEvent {
  readonly id: string;
  readonly subject: string;
  readonly sequence: string;
}

export interface WebhookReceiver {
  readonly url: string;
  /** The events that the receiver has handled, by id, in the order in which they first arrived. */
  readonly effects: Map<string, ReceivedEvent>;
  /** Returns the number of requests that the receiver has got so far. */
  requests(): number;
  /** Returns the number of requests whose signature was wrong. */
  forged(): number;
  /** Sets the secret with which the receiver verifies signatures. */
  trust(secret: string): void;
  /**
   * Makes the receiver refuse every n-th request; Infinity means none. Independently of that, the receiver
   * handles every seventh request without sending a response.
   */
  failEvery(n: number): void;
  /** Holds back all responses from now on. Resolves once the first request is waiting for its response. */
  hold(): Promise<void>;
  /** Stops holding back responses, and sends those that were held back. */
  release(): void;
  close(): void;
}

/** Starts a receiver of webhooks on a free port. At first, it refuses every third request. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const effects = new Map<string, ReceivedEvent>();
  let secret = '';
  let requests = 0;
  let forged = 0;
  let failsEvery = 3;
  let held: { readonly reached: () => void; readonly released: Promise<void> } | undefined;
  let release: () => void = () => undefined;

  const server = createServer(async (request, response) => {
    const body = await text(request);
    requests += 1;
    const event = verified(body, request.headers, secret);
    if (event === undefined) {
      forged += 1;
      return void response.writeHead(401).end();
    }
    const nth = requests;
    held?.reached();
    await held?.released;
    if (nth % failsEvery === 0) return void response.writeHead(500).end();
    if (!effects.has(event.id)) effects.set(event.id, event);
    // Simulate a lost response: the event has been handled, but the sender gets no response.
    if (nth % 7 === 0) return void request.socket.destroy();
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);

  return {
    url: `http://127.0.0.1:${address.port}/hooks`,
    effects,
    requests: () => requests,
    forged: () => forged,
    trust(next) {
      secret = next;
    },
    failEvery(n) {
      failsEvery = n;
    },
    hold() {
      const { promise: reached, resolve } = Promise.withResolvers<void>();
      const { promise: released, resolve: end } = Promise.withResolvers<void>();
      held = { reached: resolve, released };
      release = end;
      return reached;
    },
    release() {
      held = undefined;
      release();
    },
    close() {
      release();
      server.closeAllConnections();
      server.close();
    },
  };
}

function verified(body: string, given: IncomingHttpHeaders, secret: string): ReceivedEvent | undefined {
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
  try {
    const event = new Webhook(secret).verify(body, headers) as ReceivedEvent;
    return event.id === headers['webhook-id'] ? event : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the ids of each account's events in order, without the duplicates that a killed sender can cause. */
export function groupEventIdsByAccount(
  events: Iterable<ReceivedEvent>,
): Readonly<Record<string, readonly string[]>> {
  const groups = Map.groupBy(events, ({ subject }) => subject);
  return Object.fromEntries(
    [...groups].map(([account, own]) => [account, [...new Set(own.map(({ id }) => id))]]),
  );
}

/**
 * Returns all events in the event feed of a system; none if the feed responds with 503 because the log cannot be read.
 * @param key the API key of a service client with the scope `events`
 */
export async function readEventsOfFeed(url: string, key: string): Promise<readonly ReceivedEvent[]> {
  const reply = await fetch(`${url}/api/v1/events?limit=1000`, {
    headers: { Authorization: `Bearer ${key}` },
  });
  if (reply.status === 503) return [];
  assert.equal(reply.status, 200);
  return (await reply.json()) as readonly ReceivedEvent[];
}
