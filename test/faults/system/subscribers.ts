/** Two subscribers of a run: one reads the feed, the other receives webhooks and sometimes fails on purpose. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClientKey } from '../../support/client-key.ts';
import type { Settings, System } from '../../support/system.ts';
import type { ReceivedLine } from '../run-folder.ts';

/** The settings of a system that may call the receiver, which is on this machine. */
export const WEBHOOK_SETTINGS: Settings = { WEBHOOKS_ALLOW_PRIVATE: 'true' };

const PAGE = 200;
const WAIT_SECONDS = 2;
const PATIENCE_MS = 10_000;
const AGAIN_MS = 250;
/**
 * The receiver responds to every n-th webhook with 500, or accepts it without a response. It does so at most once per
 * event, because after several failures the pauses between attempts become minutes.
 */
const FAILED = 10;
const UNANSWERED = 13;

interface CloudEvent {
  readonly id: string;
  readonly subject: string;
  readonly sequence: string;
}

export interface Subscribers {
  /** The id of the webhook endpoint. */
  readonly endpoint: string;
  /**
   * Waits until the feed has no further events, and the receiver has the last event of each account. Gives up after
   * `withinMs`; the checker then finds what is missing.
   */
  catchUp(withinMs: number): Promise<void>;
}

export interface SubscriberDeps extends Pick<System, 'ops' | 'url'> {
  record(line: ReceivedLine): void;
}

/** Starts the subscribers, which receive all events from the first on. The stack stops them. */
export async function openSubscribers(
  { url, ops, record }: SubscriberDeps,
  stack: AsyncDisposableStack,
): Promise<Subscribers> {
  const latest = { feed: new Map<string, number>(), webhook: new Map<string, number>() };
  function take(via: ReceivedLine['via'], { id, subject, sequence }: CloudEvent): void {
    const n = Number(sequence);
    latest[via].set(subject, Math.max(n, latest[via].get(subject) ?? 0));
    record({ via, at: new Date().toISOString(), account: subject, sequence: n, eventId: id });
  }

  const key = await createClientKey({ ops }, 'events', '--person');
  const feed = readFeed(`${url}/api/v1/events`, key, (event) => take('feed', event));
  stack.defer(feed.stop);
  const receiver = await startReceiver((event) => take('webhook', event));
  stack.defer(receiver.close);
  const added = await ops('webhooks', 'add', 'checker', receiver.url, '--from-beginning', '--person');
  const [endpoint = ''] = /we_\w+/.exec(added) ?? [];

  function isComplete(): boolean {
    return [...latest.feed].every(([account, n]) => latest.webhook.get(account) === n);
  }

  return {
    endpoint,
    async catchUp(withinMs) {
      const began = performance.now();
      const isReadToTheEnd = feed.nextEnd();
      await Promise.race([isReadToTheEnd, sleep(withinMs, undefined, { ref: false })]);
      while (!isComplete() && performance.now() - began < withinMs) await sleep(AGAIN_MS);
    },
  };
}

/** Reads the feed from the beginning. If the system does not answer, it asks again from the same position. */
function readFeed(url: string, key: string, take: (event: CloudEvent) => void) {
  const stopping = new AbortController();
  let cursor: string | undefined;
  let atEnd: (() => void)[] = [];

  async function read(): Promise<void> {
    const query = new URLSearchParams({ limit: String(PAGE), wait: String(WAIT_SECONDS) });
    if (cursor !== undefined) query.set('after', cursor);
    const waiting = atEnd;
    const response = await fetch(`${url}?${query}`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    if (response.status !== 200) throw new Error(`the feed answered ${response.status}`);
    const events: readonly CloudEvent[] = JSON.parse(await response.text());
    for (const event of events) take(event);
    cursor = response.headers.get('feed-cursor') ?? undefined;
    if (events.length > 0 || response.headers.get('feed-behind') !== '0') return;
    atEnd = atEnd.filter((resolve) => !waiting.includes(resolve));
    for (const resolve of waiting) resolve();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted)
      // Retry: the faults of the run make requests fail.
      await read().catch(() => sleep(AGAIN_MS));
  }

  const running = run();
  return {
    /** Resolves once a read that begins after this call finds no further events. */
    nextEnd(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      atEnd = [...atEnd, resolve];
      return promise;
    },
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}

/** Starts the receiver of webhooks on a free port. An event counts as received whatever the receiver answers. */
async function startReceiver(take: (event: CloudEvent) => void) {
  let requests = 0;
  const failed = new Set<string>();
  const server = createServer(async (request, response) => {
    const event: CloudEvent = JSON.parse(await text(request));
    requests += 1;
    take(event);
    const mayFail = !failed.has(event.id);
    const isUnanswered = mayFail && requests % UNANSWERED === 0;
    const isRefused = mayFail && requests % FAILED === 0;
    if (isUnanswered || isRefused) failed.add(event.id);
    if (isUnanswered) return void request.socket.destroy();
    response.writeHead(isRefused ? 500 : 204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
