import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { decodeReceipt, type Receipt } from '../../receipts.ts';
import { RECEIPTS_TOPIC } from '../../topics.ts';
import type { EventContext } from '../handlers.ts';
import { memoryStore } from '../memory-store.ts';
import { subscribe } from '../subscribe.ts';
import { subscriptionContract } from '../subscription.contract.ts';
import type { ConfirmErasure } from '../subscription.ts';
import { createTestEvents, type TestAccount } from '../test-events.ts';
import { startFeedServer, TEST_API_KEY, unrestrictedFeedReader } from '../testing/feed-server.ts';
import {
  createDurableTestStore,
  createTestHarness,
  openEmbeddedTestBus,
  type TestHarness,
} from '../testing/harness.ts';
import { createTestAccount, toOutgoingRecord } from '../testing/history.ts';
import { waitUntil } from '../testing/until.ts';
import { fileCursor, memoryCursor } from './cursor-store.ts';
import { createFeedBus } from './feed-bus.ts';
import { confirmErasure } from './feed-client.ts';
import type { FeedOptions } from './subscribe-to-feed.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function openFeedHarness(context: TestContext, confirm?: ConfirmErasure): Promise<TestHarness> {
  const { bus } = await openEmbeddedTestBus(context);
  const { url } = await startFeedServer(context, bus);
  const source = createFeedBus({
    url,
    key: TEST_API_KEY,
    cursor: memoryCursor(),
    types: [],
    logger: quiet,
    onFatal: (reason) => assert.fail(reason),
  });
  return createTestHarness(context, bus, source, confirm);
}

subscriptionContract('the feed', openFeedHarness);

async function member(context: TestContext, url: string, more: Partial<FeedOptions> = {}) {
  const handled: string[] = [];
  function note({ type }: { readonly type: string }, { sequence }: EventContext) {
    return void handled.push(`${type} ${sequence}`);
  }
  const subscription = await subscribe({
    url,
    key: TEST_API_KEY,
    store: createDurableTestStore(),
    logger: quiet,
    handlers: { UserRegistered: note, SessionsRevoked: note },
    ...more,
  });
  context.after(() => subscription.stop());
  return { ...subscription, handled };
}

describe('subscribing to the feed', () => {
  test('confirms an erasure under the name of the client', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await startFeedServer(context, bus);
    const account = createTestAccount();
    const erased: string[] = [];
    await member(context, url, { handlers: {}, erased: (id) => void erased.push(id) });
    const receipts: (Receipt | undefined)[] = [];
    await bus.subscribe({
      topics: [RECEIPTS_TOPIC],
      group: 'test',
      handle: async ({ records }) => void receipts.push(...records.map(decodeReceipt)),
    });
    await bus.publish('accounts.events.v1', [account.registered(), account.erased()].map(toOutgoingRecord));
    await waitUntil(() => receipts.length === 1);
    assert.deepEqual(erased, [account.id]);
    assert.partialDeepStrictEqual(receipts[0], { userId: account.id, consumer: 'mirror', sequence: 2 });
  });

  test('notices that a history has forked, even if its key shows no personal data', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await startFeedServer(context, bus, () => ({ ...unrestrictedFeedReader, person: false }));
    const events = createTestEvents();
    const [ada, grace] = [events.account(), events.account()];
    function history(account: TestAccount) {
      return [account.event('UserRegistered').record, account.event('SessionsRevoked').record];
    }
    const [older, healthy] = [history(ada), history(grace)];
    const subscription = await member(context, url);
    await bus.publish('accounts.events.v1', [...older, ...healthy, ...older, ...healthy]);
    await waitUntil(async () => (await subscription.lag()) === 0);
    assert.deepEqual(await subscription.listParked(), []);
    await bus.publish('accounts.events.v1', history(events.account(ada.id)));
    await waitUntil(async () => (await subscription.listParked()).length === 1);
    const [parked] = await subscription.listParked();
    assert.deepEqual([parked?.account, parked?.reason], [ada.id, 'forked']);
  });

  test('confirms an erasure by an id in capitals, too', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await startFeedServer(context, bus);
    const { id } = createTestAccount();
    await confirmErasure({ url, key: TEST_API_KEY }, id.toUpperCase(), 2);
    const receipts: (Receipt | undefined)[] = [];
    await bus.subscribe({
      topics: [RECEIPTS_TOPIC],
      group: 'test',
      handle: async ({ records }) => void receipts.push(...records.map(decodeReceipt)),
    });
    await waitUntil(() => receipts.length === 1);
    assert.equal(receipts[0]?.userId, id);
  });

  test('continues at its place in the next run, which a file remembers', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await startFeedServer(context, bus);
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-cursor-'));
    context.after(() => rm(folder, { recursive: true }));
    const cursor = fileCursor(join(folder, 'cursor'));
    const account = createTestAccount();
    await bus.publish('accounts.events.v1', [toOutgoingRecord(account.registered())]);
    const first = await member(context, url, { cursor, store: memoryStore() });
    await waitUntil(async () => (await first.lag()) === 0);
    await first.stop();
    assert.deepEqual(first.handled, ['UserRegistered 1']);
    await bus.publish('accounts.events.v1', [toOutgoingRecord(account.revoked())]);
    const second = await member(context, url, { cursor, store: memoryStore() });
    await waitUntil(() => second.handled.length === 1);
    assert.deepEqual(second.handled, ['SessionsRevoked 2']);
  });

  test('begins with the first event if its file is empty, damaged or from another release', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await startFeedServer(context, bus);
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-cursor-'));
    context.after(() => rm(folder, { recursive: true }));
    const path = join(folder, 'cursor');
    await bus.publish('accounts.events.v1', [toOutgoingRecord(createTestAccount().registered())]);
    const ofAnotherRelease = Buffer.from(JSON.stringify([9, 'x'])).toString('base64url');
    for (const content of ['', 'WzEsMTIz', '\0\0\0\0', ofAnotherRelease]) {
      await writeFile(path, content);
      const warnings: string[] = [];
      const logger = { ...quiet, warn: (_fields: object, message: string) => void warnings.push(message) };
      const reader = await member(context, url, { cursor: fileCursor(path), store: memoryStore(), logger });
      await waitUntil(() => reader.caughtUp());
      await reader.stop();
      assert.deepEqual(reader.handled, ['UserRegistered 1']);
      assert.deepEqual(warnings, ['the feed does not accept the cursor; reading starts at the first event']);
      assert.notEqual(await readFile(path, 'utf8'), content);
    }
    assert.deepEqual(await readdir(folder), ['cursor']);
  });

  test('without a cursor reads everything again, and skips the events that its store has', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await startFeedServer(context, bus);
    const store = createDurableTestStore();
    const account = createTestAccount();
    await bus.publish('accounts.events.v1', [toOutgoingRecord(account.registered())]);
    const first = await member(context, url, { store });
    await waitUntil(() => first.handled.length === 1);
    await first.stop();
    const second = await member(context, url, { store });
    await bus.publish('accounts.events.v1', [toOutgoingRecord(account.revoked())]);
    await waitUntil(() => second.handled.length === 1);
    assert.deepEqual(second.handled, ['SessionsRevoked 2']);
  });

  test('with a key for some types sees no gap', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const types = ['UserRegistered', 'SessionsRevoked'];
    const { url } = await startFeedServer(context, bus, () => ({
      id: 'test',
      name: 'mirror',
      types,
      person: false,
    }));
    const account = createTestAccount();
    const persons: unknown[] = [];
    const reader = await member(context, url, {
      handlers: {
        UserRegistered: ({ data }) => void persons.push(data.person),
        SessionsRevoked: () => undefined,
      },
    });
    await bus.publish(
      'accounts.events.v1',
      [account.registered(), account.verified(), account.revoked()].map(toOutgoingRecord),
    );
    await waitUntil(async () => (await reader.lag()) === 0);
    assert.deepEqual(await reader.listParked(), []);
    assert.deepEqual(persons, [null]);
  });

  test('refuses to begin with a key that does not allow the types of its handlers', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const types = ['UserRegistered', 'AccountVerified'];
    const { url } = await startFeedServer(context, bus, () => ({ ...unrestrictedFeedReader, types }));
    await assert.rejects(member(context, url), { name: 'FeedRefusedError', message: /SessionsRevoked/ });
  });

  test('waits while the feed is unavailable, and then continues', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const port = await reserveFreePort();
    const server = await startFeedServer(context, bus, () => unrestrictedFeedReader, port);
    const account = createTestAccount();
    const reader = await member(context, server.url);
    await bus.publish('accounts.events.v1', [toOutgoingRecord(account.registered())]);
    await waitUntil(() => reader.handled.length === 1);
    await server.stop();
    await waitUntil(() => !reader.healthy());
    await bus.publish('accounts.events.v1', [toOutgoingRecord(account.revoked())]);
    await startFeedServer(context, bus, () => unrestrictedFeedReader, port);
    await waitUntil(() => reader.handled.length === 2);
    assert.equal(reader.healthy(), true);
  });

  test('tries again while another server answers in place of the feed, at the start and later', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await startFeedServer(context, bus);
    const answers: readonly (() => Response)[] = [
      () => new Response('404 page not found', { status: 404 }),
      () => new Response('<html>Forbidden</html>', { status: 403 }),
      () => Response.json({ type: 'about:blank', detail: 'Who are you?' }, { status: 401 }),
      () => new Response('<html>We will be back soon.</html>'),
      () => new Response('[{', { headers: { 'feed-cursor': 'x' } }),
    ];
    let waiting = [...answers];
    let warnings = 0;
    const reader = await member(context, url, {
      fetch: async (...request) => waiting.shift()?.() ?? fetch(...request),
      logger: {
        ...quiet,
        warn() {
          warnings += 1;
        },
      },
      onFatal: assert.fail,
    });
    assert.equal(warnings, answers.length);
    await waitUntil(() => reader.caughtUp());
    waiting = [...answers];
    const account = createTestAccount();
    for (const event of [account.registered(), account.revoked()]) {
      await bus.publish('accounts.events.v1', [toOutgoingRecord(event)]);
      await waitUntil(() => reader.handled.length === event.sequence);
    }
    assert.equal(warnings, 2 * answers.length);
    assert.equal(reader.healthy(), true);
  });

  test('handles the other partitions while the handler of one account rejects', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await startFeedServer(context, bus);
    const cursor = memoryCursor();
    const [failing, ...others] = Array.from({ length: 60 }, createTestAccount);
    assert.ok(failing !== undefined);
    const handled = new Set<string>();
    let isDown = true;
    const reader = await member(context, url, {
      cursor,
      handlers: {
        UserRegistered(_event, { account }) {
          if (account === failing.id && isDown) throw new Error('the server is down');
          handled.add(account);
        },
      },
    });
    const tail = await bus.tail('accounts.events.v1');
    const blocked = await tail.partitionOf(failing.id);
    const elsewhere: string[] = [];
    for (const { id } of others) if ((await tail.partitionOf(id)) !== blocked) elsewhere.push(id);
    await bus.publish('accounts.events.v1', [toOutgoingRecord(failing.registered())]);
    await waitUntil(async () => (await reader.lag()) === 1);
    const before = await cursor.load();
    for (const other of others)
      await bus.publish('accounts.events.v1', [toOutgoingRecord(other.registered())]);
    await waitUntil(() => elsewhere.every((id) => handled.has(id)));
    assert.equal(handled.has(failing.id), false);
    assert.equal(await cursor.load(), before);
    isDown = false;
    await waitUntil(async () => (await reader.lag()) === 0);
    assert.equal(handled.size, 60);
    assert.notEqual(await cursor.load(), before);
  });

  test('reads at most 5,000 events ahead of an event that is not handled', async (context) => {
    const PAGE = 500;
    let served = 0;
    /**
     * Responds to each request with a new page. The first event of a page belongs to partition 0, for which
     * the test's handler fails. The other events belong to partition 1.
     */
    async function endless(): Promise<Response> {
      await nextTurn();
      const events = Array.from({ length: PAGE }, (_, index) => ({
        feedpartition: index === 0 ? 0 : 1,
        feedoffset: served + index,
      }));
      served += PAGE;
      return Response.json(events, { headers: { 'feed-cursor': String(served), 'feed-behind': '1000' } });
    }
    const cursor = memoryCursor();
    const failure = Promise.withResolvers<void>();
    const bus = createFeedBus({
      url: 'http://feed.test',
      key: TEST_API_KEY,
      fetch: endless,
      cursor,
      types: [],
      logger: quiet,
      onFatal: assert.fail,
    });
    let handled = 0;
    const subscription = await bus.subscribe({
      topics: ['accounts.events.v1'],
      group: 'test',
      async handle({ partition, records }) {
        if (partition === 0) await failure.promise;
        else handled += records.length;
      },
    });
    context.after(() => subscription.close());
    await waitUntil(() => handled >= 10 * (PAGE - 1));
    for (let turns = 0; turns < 100; turns += 1) await nextTurn();
    assert.equal(served, 10 * PAGE);
    assert.equal(await cursor.load(), undefined);
    failure.resolve();
    await waitUntil(() => handled > 20 * PAGE);
    assert.equal(await subscription.caughtUp(), false);
  });

  test('refuses to begin with a key that the feed refuses, and ends when it is revoked', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    let reader: typeof unrestrictedFeedReader | undefined = unrestrictedFeedReader;
    const server = await startFeedServer(context, bus, () => reader);
    await assert.rejects(member(context, server.url, { key: 'another' }), { name: 'FeedRefusedError' });
    const fatal = Promise.withResolvers<Error>();
    await member(context, server.url, { onFatal: fatal.resolve });
    reader = undefined;
    await bus.publish('accounts.events.v1', [toOutgoingRecord(createTestAccount().registered())]);
    assert.match((await fatal.promise).message, /The feed answers 401/);
  });

  test('gives up waiting when it is told to', async () => {
    const giveUp = new AbortController();
    const waiting = subscribe({
      url: 'http://127.0.0.1:1',
      key: TEST_API_KEY,
      store: memoryStore(),
      handlers: {},
      signal: giveUp.signal,
      logger: { ...quiet, warn: () => giveUp.abort(new Error('enough')) },
    });
    await assert.rejects(waiting, { message: 'enough' });
  });
});
