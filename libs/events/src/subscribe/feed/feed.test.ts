import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { freePort } from '@latchkey/process/testing/free-port';
import { decodeReceipt, type Receipt } from '../../receipts.ts';
import { RECEIPTS_TOPIC } from '../../topics.ts';
import type { EventContext } from '../handlers.ts';
import { memoryStore } from '../memory-store.ts';
import { subscribe } from '../subscribe.ts';
import { subscriptionContract } from '../subscription.contract.ts';
import type { ConfirmErasure } from '../subscription.ts';
import { fullAccessReader, serveFeed, TEST_API_KEY } from '../testing/feed-server.ts';
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
  const { url } = await serveFeed(context, bus);
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
    const { url } = await serveFeed(context, bus);
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

  test('confirms an erasure by an id in capitals, too', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await serveFeed(context, bus);
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
    const { url } = await serveFeed(context, bus);
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

  test('without a cursor reads everything again, and skips the events that its store has', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const { url } = await serveFeed(context, bus);
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
    const { url } = await serveFeed(context, bus, () => ({
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

  test('waits while the feed is unavailable, and then continues', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    const port = await freePort();
    const server = await serveFeed(context, bus, () => fullAccessReader, port);
    const account = createTestAccount();
    const reader = await member(context, server.url);
    await bus.publish('accounts.events.v1', [toOutgoingRecord(account.registered())]);
    await waitUntil(() => reader.handled.length === 1);
    await server.stop();
    await waitUntil(() => !reader.healthy());
    await bus.publish('accounts.events.v1', [toOutgoingRecord(account.revoked())]);
    await serveFeed(context, bus, () => fullAccessReader, port);
    await waitUntil(() => reader.handled.length === 2);
    assert.equal(reader.healthy(), true);
  });

  test('refuses to begin with a key that the feed refuses, and ends when it is revoked', async (context) => {
    const { bus } = await openEmbeddedTestBus(context);
    let reader: typeof fullAccessReader | undefined = fullAccessReader;
    const server = await serveFeed(context, bus, () => reader);
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
