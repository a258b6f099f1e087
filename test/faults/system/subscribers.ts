/**
 * The subscribers of a run: one reads the feed, one receives webhooks and sometimes fails on purpose, and one is a
 * process that uses `subscribe()`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SequenceStore } from '@latchkey/events/subscribe';
import { createServiceClientKey } from '../../support/client-key.ts';
import type { Settings, System } from '../../support/system.ts';
import type { ReceivedEventLine } from '../run-folder.ts';
import { openPositionStoreInFile, POSITIONS_FILE } from './file-store.ts';
import type { HandledEventLine, SubscriberProgramOptions, SubscriberSource } from './subscriber-program.ts';

/** Settings that allow a system to call the receiver of webhooks, which is on this machine. */
export const WEBHOOK_SETTINGS: Settings = { WEBHOOKS_ALLOW_PRIVATE: 'true' };

const PROGRAM = join(import.meta.dirname, 'subscriber-program.ts');
const PAGE = 200;
const WAIT_SECONDS = 2;
const PATIENCE_MS = 10_000;
const AGAIN_MS = 250;
// The receiver fails only the first time that it gets an event. If it failed several times for one event, the
// pauses before the retries would take minutes.
/**
 * The test's receiver responds with status 500 to one in FAILED webhooks, to see whether Latchkey sends the
 * event again.
 */
const FAILED = 10;
/**
 * The test's receiver records one in UNANSWERED webhooks without sending a response, to see how Latchkey
 * handles a lost response.
 */
const UNANSWERED = 13;

interface CloudEvent {
  readonly id: string;
  readonly subject: string;
  readonly sequence: string;
}

/** The names of the subscribers, as received.jsonl contains them. */
export const SUBSCRIBER_NAMES = [
  'feed',
  'webhook',
  'subscribe',
] as const satisfies readonly ReceivedEventLine['via'][];

export interface Subscribers {
  /** The id of the webhook endpoint. */
  readonly endpoint: string;
  /** The process that uses `subscribe()`. */
  readonly process: RestartedProcess;
  /**
   * Returns the number of accounts for which the process with `subscribe()` has received fewer events than
   * the reader of the feed.
   */
  behind(): number;
  /**
   * Waits until the feed has no further events, and the other two subscribers have received the last event of
   * each account. Gives up after `withinMs` without an error; the checker then reports the missing events.
   * @param forked the account that `subscribe()` must park because its history has forked
   */
  catchUp(withinMs: number, forked?: string): Promise<void>;
  /** Returns the accounts that `subscribe()` has parked because their history has forked. */
  listForked(): Promise<readonly string[]>;
  /**
   * Runs `work`, which changes the system and then restores a backup from before the change. The events that
   * the subscribers receive during `work` are not recorded.
   */
  forgetting(work: () => Promise<void>): Promise<void>;
}

/** A process that is started again whenever it ends, for example when a fault kills it. */
export interface RestartedProcess {
  /** Kills the process with SIGKILL. */
  kill(): Promise<void>;
  start(): void;
}

export interface SubscriberDeps extends Pick<System, 'ops' | 'url'> {
  record(line: ReceivedEventLine): void;
  /** The brokers from which `subscribe()` reads. Undefined if `subscribe()` reads the feed. */
  readonly brokers?: string;
}

/**
 * Starts the subscribers. They receive all events, beginning with the first one. When the stack is disposed,
 * it stops the subscribers.
 */
export async function openSubscribers(
  { url, ops, record, brokers }: SubscriberDeps,
  stack: AsyncDisposableStack,
): Promise<Subscribers> {
  let latest = {
    feed: new Map<string, number>(),
    webhook: new Map<string, number>(),
    subscribe: new Map<string, number>(),
  };
  let isForgetting = false;
  function take(via: ReceivedEventLine['via'], { account, sequence, id }: HandledEventLine): void {
    latest[via].set(account, Math.max(sequence, latest[via].get(account) ?? 0));
    if (!isForgetting) record({ via, at: new Date().toISOString(), account, sequence, eventId: id });
  }

  const key = await createServiceClientKey({ ops }, 'events', '--person');
  const feed = readFeed(`${url}/api/v1/events`, key, (event) => take('feed', lineOf(event)));
  stack.defer(feed.stop);
  const receiver = await startReceiver((event) => take('webhook', lineOf(event)));
  stack.defer(receiver.close);
  const added = await ops('webhooks', 'add', 'checker', receiver.url, '--from-beginning', '--person');
  const [endpoint = ''] = /we_\w+/.exec(added) ?? [];
  const source: SubscriberSource =
    brokers === undefined
      ? { url, key: await createServiceClientKey({ ops }, 'events', '--person') }
      : { brokers: brokers.split(','), keys: `${url}/.well-known/jwks.json` };
  const subscriber = await startSubscriber(source, (line) => take('subscribe', line), stack);

  async function listForked(): Promise<readonly string[]> {
    const parked = await (await subscriber.openPositions()).listParked();
    return parked.filter(({ reason }) => reason === 'forked').map(({ account }) => account);
  }

  async function isComplete(forked: string | undefined): Promise<boolean> {
    const isReceived = [...latest.feed].every(
      ([account, n]) =>
        latest.webhook.get(account) === n && (account === forked || latest.subscribe.get(account) === n),
    );
    return isReceived && (forked === undefined || (await listForked()).includes(forked));
  }

  return {
    endpoint,
    process: subscriber,
    behind: () => [...latest.feed].filter(([account, n]) => (latest.subscribe.get(account) ?? 0) < n).length,
    async catchUp(withinMs, forked) {
      const began = performance.now();
      const isReadToTheEnd = feed.nextEnd();
      await Promise.race([isReadToTheEnd, sleep(withinMs, undefined, { ref: false })]);
      while (!(await isComplete(forked)) && performance.now() - began < withinMs) await sleep(AGAIN_MS);
    },
    listForked,
    async forgetting(work) {
      const { feed, webhook, subscribe } = latest;
      const before = { feed: new Map(feed), webhook: new Map(webhook), subscribe: new Map(subscribe) };
      isForgetting = true;
      await work();
      latest = before;
      isForgetting = false;
    },
  };
}

function lineOf({ id, subject, sequence }: CloudEvent): HandledEventLine {
  return { account: subject, sequence: Number(sequence), id };
}

/** Starts the process that uses `subscribe()`, and starts it again whenever it exits unexpectedly. */
async function startSubscriber(
  source: SubscriberSource,
  take: (line: HandledEventLine) => void,
  stack: AsyncDisposableStack,
): Promise<RestartedProcess & { openPositions(): Promise<SequenceStore> }> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-subscriber-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const options: SubscriberProgramOptions = { folder, source };
  let isWanted = false;
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();

  function launch(): void {
    const started = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    // Wait for the event `close`, which means that all lines of the process were read, even if it was killed.
    ended = once(started, 'close').then(() => {
      if (isWanted && child === started) launch();
    });
    createInterface(started.stdout).on('line', (line) => take(JSON.parse(line)));
  }

  const subscriber = {
    openPositions: () => openPositionStoreInFile(join(folder, POSITIONS_FILE)),
    async kill() {
      isWanted = false;
      child?.kill('SIGKILL');
      await ended;
    },
    start() {
      isWanted = true;
      launch();
    },
  };
  stack.defer(subscriber.kill);
  subscriber.start();
  return subscriber;
}

/** Reads the feed from the beginning. If the system does not answer, requests the same position again. */
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
    /**
     * Resolves once the reader is at the end of the feed: a request that began after this call has returned
     * no events.
     */
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

/**
 * Starts the receiver of webhooks on a free port. An event counts as received even if the receiver answers
 * with an error.
 */
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
