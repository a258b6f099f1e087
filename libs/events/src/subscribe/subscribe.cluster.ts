import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { testEventJwks } from '@latchkey/consumer/testing/signed';
import type { LatchkeyEvent } from '../catalogue.ts';
import { decodeReceipt, type Receipt } from '../receipts.ts';
import { ACCOUNTS_TOPIC, DELIVERIES_TOPIC, RECEIPTS_TOPIC, receiptsTopic, topics } from '../topics.ts';
import type { EventContext, Handlers } from './handlers.ts';
import { type KafkaOptions, memoryStore, subscribe } from './index.ts';
import { createRecordWithVersion, createTestAccount, toOutgoingRecord } from './testing/history.ts';
import { waitUntil } from './testing/until.ts';

const given = process.env['KAFKA_BROKERS'];
if (!given) throw new Error('KAFKA_BROKERS is not set: this test needs a Kafka broker (host:port).');
const brokers = given.split(',');
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Returns a bus that uses the topics' real names. All tests share these topics, so each test uses accounts of
 * its own.
 */
async function openTopic(context: TestContext) {
  const bus = createKafkaBus({
    brokers,
    clientId: 'test',
    logger: quiet,
    onFatal: (reason) => {
      throw reason;
    },
  });
  context.after(() => bus.close());
  await bus.ensureTopics([...topics, receiptsTopic]);
  return {
    bus,
    publish: (...events: readonly LatchkeyEvent[]) =>
      bus.publish(ACCOUNTS_TOPIC, events.map(toOutgoingRecord)),
    publishRecords: (...records: Parameters<typeof bus.publish>[1]) => bus.publish(ACCOUNTS_TOPIC, records),
  };
}

async function member(context: TestContext, group: string, more: Partial<KafkaOptions> = {}) {
  const handled: (readonly [account: string, sequence: number])[] = [];
  function note(_event: object, { account, sequence }: EventContext) {
    return void handled.push([account, sequence]);
  }
  const handlers: Handlers = { UserRegistered: note, AccountVerified: note, SessionsRevoked: note };
  const subscription = await subscribe({
    brokers,
    keys: testEventJwks,
    signatures: 'warn',
    group,
    handlers,
    store: memoryStore(),
    logger: quiet,
    ...more,
  });
  context.after(() => subscription.stop());
  function of(account: { readonly id: string }) {
    return handled.filter(([id]) => id === account.id).map(([, sequence]) => sequence);
  }
  return { ...subscription, handled, of };
}

function newGroup() {
  return `subscribe-${randomUUID()}`;
}

describe('a subscription on Kafka', () => {
  test('delivers the events before and after it subscribes, each once', async (context) => {
    const topic = await openTopic(context);
    const account = createTestAccount();
    const [first, second] = [account.registered(), account.verified()];
    await topic.publish(first, first);
    const reader = await member(context, newGroup());
    await topic.publish(first, second, second, account.revoked());
    await waitUntil(() => reader.of(account).length === 3);
    await waitUntil(async () => (await reader.lag()) === 0);
    assert.deepEqual(reader.of(account), [1, 2, 3]);
    await waitUntil(() => reader.healthy());
  });

  test('parks an account, continues with the others, and resumes it', async (context) => {
    const topic = await openTopic(context);
    const [account, other] = [createTestAccount(), createTestAccount()];
    const [first, second, third] = [account.registered(), account.verified(), account.revoked()];
    const reader = await member(context, newGroup());
    await topic.publish(first);
    await topic.publishRecords(createRecordWithVersion(second, 9));
    await topic.publish(third, other.registered());
    await waitUntil(() => reader.of(other).length === 1);
    async function parked() {
      return (await reader.listParked()).filter(({ account: id }) => id === account.id);
    }
    await waitUntil(async () => (await parked()).length === 1);
    assert.equal((await parked())[0]?.cause, 'unknown version 9 of AccountVerified');
    await topic.publish(second, third);
    assert.deepEqual(await reader.retryParked(account.id), { result: 'unparked', sequence: 3 });
    assert.deepEqual(reader.of(account), [1, 2, 3]);
    assert.deepEqual(await parked(), []);
  });

  test('resumes an account once its missing event arrives, even if another member has parked it', async (context) => {
    const topic = await openTopic(context);
    const account = createTestAccount();
    const [first, second, third, fourth] = [
      account.registered(),
      account.verified(),
      account.revoked(),
      account.verified(),
    ];
    const [group, store] = [newGroup(), { ...memoryStore(), forgetful: false }];
    const before = await member(context, group, { store });
    await topic.publish(first, third);
    async function parked() {
      return (await store.listParked()).filter(({ account: id }) => id === account.id);
    }
    await waitUntil(async () => (await parked())[0]?.reason === 'gap');
    await before.stop();
    const after = await member(context, group, { store });
    await topic.publish(fourth, second);
    await waitUntil(() => after.of(account).length === 3);
    assert.deepEqual([...before.of(account), ...after.of(account)], [1, 2, 3, 4]);
    await waitUntil(async () => (await parked()).length === 0);
  });

  test('loses nothing and repeats nothing over a graceful stop in the middle of its work', async (context) => {
    const topic = await openTopic(context);
    const accounts = Array.from({ length: 60 }, createTestAccount);
    const [group, store] = [newGroup(), memoryStore()];
    await topic.publish(...accounts.map((account) => account.registered()));
    await topic.publish(...accounts.map((account) => account.verified()));
    const before = await member(context, group, { store });
    await waitUntil(() => accounts.some((account) => before.of(account).length > 0));
    await before.stop();
    const atStop = before.handled.length;
    const after = await member(context, group, { store });
    await waitUntil(() => accounts.every((each) => before.of(each).length + after.of(each).length >= 2));
    assert.equal(before.handled.length, atStop, 'nothing is handled behind a stop');
    for (const account of accounts) assert.deepEqual([...before.of(account), ...after.of(account)], [1, 2]);
  });

  test('shares the accounts between the members of a group, each event handled by one of them', async (context) => {
    const topic = await openTopic(context);
    const accounts = Array.from({ length: 60 }, createTestAccount);
    const [group, store] = [newGroup(), memoryStore()];
    const [one, other] = [await member(context, group, { store }), await member(context, group, { store })];
    function count(reader: typeof one) {
      return accounts.reduce((sum, account) => sum + reader.of(account).length, 0);
    }
    let published = 0;
    await waitUntil(async () => {
      const account = accounts[published++];
      if (account) await topic.publish(account.registered(), account.verified());
      return account === undefined && count(one) + count(other) >= 2 * accounts.length;
    });
    for (const each of accounts) assert.deepEqual([...one.of(each), ...other.of(each)].toSorted(), [1, 2]);
    const late = Array.from({ length: 60 }, createTestAccount);
    await topic.publish(...late.map((account) => account.registered()));
    await waitUntil(() => late.every((each) => one.of(each).length + other.of(each).length === 1));
    assert.ok(late.some((each) => one.of(each).length === 1));
    assert.ok(late.some((each) => other.of(each).length === 1));
  });

  test('gives up its slices if another member takes over, with each event in order and at most one per partition twice', async (context) => {
    const topic = await openTopic(context);
    const accounts = Array.from({ length: 24 }, createTestAccount);
    const own = new Set<string>(accounts.map(({ id }) => id));
    const [group, store] = [newGroup(), memoryStore()];
    const handled: (readonly [account: string, sequence: number])[] = [];
    async function slow(_event: object, { account, sequence }: EventContext) {
      if (!own.has(account)) return;
      handled.push([account, sequence]);
      await sleep(20);
    }
    const handlers = { UserRegistered: slow, SessionsRevoked: slow };
    for (const account of accounts)
      await topic.publish(account.registered(), ...Array.from({ length: 19 }, account.revoked));
    await member(context, group, { store, handlers });
    await waitUntil(() => handled.length > 24);
    await member(context, group, { store, handlers });
    await waitUntil(async () => {
      const positions = await store.load([...own]);
      return accounts.every(({ id }) => positions.get(id)?.sequence === 20);
    });
    const twice = handled.length - 20 * accounts.length;
    assert.ok(twice <= 12, `${twice} events were handled twice`);
    for (const { id } of accounts) {
      const sequences = handled.filter(([account]) => account === id).map(([, sequence]) => sequence);
      assert.deepEqual(
        sequences,
        sequences.toSorted((a, b) => a - b),
      );
    }
  });

  test('confirms an erasure under the name of its group', async (context) => {
    const topic = await openTopic(context);
    const [account, group] = [createTestAccount(), newGroup()];
    const receipts: Receipt[] = [];
    await topic.bus.subscribe({
      topics: [RECEIPTS_TOPIC],
      group: newGroup(),
      handle: async ({ records }) =>
        void receipts.push(...records.flatMap((each) => decodeReceipt(each) ?? [])),
    });
    await topic.publish(account.registered(), account.erased());
    await member(context, group, { store: memoryStore(), handlers: {}, erased: () => undefined });
    await waitUntil(() => receipts.some(({ userId }) => userId === account.id));
    const own = receipts.filter(({ userId }) => userId === account.id);
    assert.partialDeepStrictEqual(own, [{ consumer: group, sequence: 2 }]);
  });

  test('delivers reports about mails, which are not signed, but no account event from their topic', async (context) => {
    const { bus } = await openTopic(context);
    const account = createTestAccount();
    const deliveryId = randomUUID().replace(/-4/, '-5');
    const data = {
      deliveryId,
      mail: 'welcome',
      cause: { subject: account.id, eventId: randomUUID() },
      person: null,
    };
    const report: LatchkeyEvent = { ...account.registered(), subject: deliveryId, type: 'MailBounced', data };
    const forged = createTestAccount().registered();
    await bus.publish(DELIVERIES_TOPIC, [forged, report].map(toOutgoingRecord));
    const bounced: string[] = [];
    const reader = await member(context, newGroup(), {
      topics: [ACCOUNTS_TOPIC, DELIVERIES_TOPIC],
      signatures: 'require',
      handlers: {
        MailBounced: (event) => void bounced.push(event.data.deliveryId),
        UserRegistered: () => assert.fail('a forged event was delivered'),
      },
    });
    await waitUntil(() => bounced.includes(deliveryId));
    await waitUntil(async () => (await reader.lag()) === 0);
    assert.deepEqual(
      bounced.filter((id) => id === deliveryId),
      [deliveryId],
    );
  });

  test('refuses a group that cannot be named on a receipt', async () => {
    const subscribing = subscribe({
      keys: testEventJwks,
      brokers: ['127.0.0.1:1'],
      group: 'a group with spaces',
      handlers: {},
      erased: () => undefined,
      store: memoryStore(),
    });
    await assert.rejects(subscribing, { name: 'RangeError', message: /up to 63 letters/ });
  });

  test('waits for brokers that are down, until it is told to give up', async () => {
    const giveUp = new AbortController();
    const complaints: string[] = [];
    const waiting = subscribe({
      keys: testEventJwks,
      brokers: ['127.0.0.1:1'],
      group: newGroup(),
      handlers: {},
      store: memoryStore(),
      signal: giveUp.signal,
      logger: { ...quiet, warn: (_fields, message) => void complaints.push(message) },
    });
    waiting.catch(() => undefined);
    await waitUntil(() => complaints.includes('no broker can be reached; trying again'));
    giveUp.abort(new Error('enough'));
    await assert.rejects(waiting, { message: 'enough' });
  });
});
