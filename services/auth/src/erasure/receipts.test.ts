import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { decodeReceipt, encodeReceipt, RECEIPTS_TOPIC, type Receipt } from '@latchkey/events';
import { createLogger, createMetricsRegistry, type Logger } from '@latchkey/process';
import { type ErasureRecord, findUnconfirmedConsumers } from '../ports/erasure-receipts.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import { waitUntil } from '../testing/until.ts';
import { createTestContext, DAY_MS, type TestWorld, withTestWorld } from '../testing/world.ts';
import { createErasureMetrics } from './metrics.ts';
import {
  createErasureReceiptReader,
  listConsumersThatMustConfirmErasure,
  storeErasureReceipt,
} from './receipts.ts';
import { requestErasureOfAccount } from './request-erasure.ts';
import { eraseDueAccounts } from './sweep.ts';

const silent = createLogger({ name: 'x', level: 'silent' });

async function erasedAccount(world: TestWorld, expected = world.erasing.expected): Promise<ErasureRecord> {
  const { deps } = world;
  const { userId } = await world.signUp('ada@example.com', 'countess of the engine');
  await requestErasureOfAccount(deps, { userId, by: 'ops' }, createTestContext());
  world.advance(7 * DAY_MS);
  await eraseDueAccounts({ ...world.erasing, expected });
  const erasure = await world.erasing.erasureReceipts.find(userId);
  assert.ok(erasure !== undefined);
  return erasure;
}

function receiptOf({ account, sequence }: { account: string; sequence: number }, consumer: string): Receipt {
  return { userId: account, consumer, sequence, confirmedAt: '2026-03-09T12:00:00.000Z' };
}

test('all services and the consumers that the operator names must confirm, each once', () => {
  assert.deepEqual(listConsumersThatMustConfirmErasure(['books', 'user']), [
    'auth',
    'user',
    'notifier',
    'books',
  ]);
});

test(
  'an erasure is confirmed by auth itself, in its store and on the topic',
  withTestWorld(async (world) => {
    const erased = await erasedAccount(world);
    const stored = await world.erasing.erasureReceipts.find(erased.account);
    assert.deepEqual(
      stored?.receipts.map(({ consumer }) => consumer),
      ['auth'],
    );
    assert.deepEqual(stored && findUnconfirmedConsumers(stored), ['user']);
    const seen: unknown[] = [];
    await world.bus.subscribe({
      topics: [RECEIPTS_TOPIC],
      group: 'watcher',
      handle: async ({ records }) =>
        void seen.push(...records.map((record) => decodeReceipt(record)?.consumer)),
    });
    await waitUntil(async () => seen.length > 0);
    assert.deepEqual(seen, ['auth']);
  }),
);

test(
  'receipts of others are read from the topic; a forged one in the name of auth is refused',
  withTestWorld(async (world) => {
    const skipped: unknown[] = [];
    const reader = createErasureReceiptReader({
      ...world.erasing,
      logger: { ...silent, warn: ({ cause }: { cause: unknown }) => void skipped.push(cause) } as Logger,
    });
    await reader.start();
    const { userId: account } = await world.signUp('ada@example.com', 'countess of the engine');
    await requestErasureOfAccount(world.deps, { userId: account, by: 'ops' }, createTestContext());
    world.advance(7 * DAY_MS);
    // Interrupt the erasure before auth has confirmed it.
    const bus = { ...world.bus, replaceRecordsOf: () => Promise.reject(new Error('away')) };
    await eraseDueAccounts({ ...world.erasing, bus });
    const find = () => world.erasing.erasureReceipts.find(account);
    const erased = await find();
    assert.ok(erased);
    await world.bus.publish(RECEIPTS_TOPIC, [
      { key: 'nonsense', value: Buffer.from('{'), headers: {} },
      encodeReceipt(receiptOf({ account: randomUUID(), sequence: 1 }, 'user')),
      encodeReceipt(receiptOf(erased, 'auth')),
      encodeReceipt(receiptOf(erased, 'user')),
    ]);
    await waitUntil(async () => (await find())?.receipts.length === 1 && skipped.length === 3);
    assert.deepEqual(
      (await find())?.receipts.map(({ consumer }) => consumer),
      ['user'],
    );
    assert.deepEqual(skipped.toSorted(), [
      'it cannot be read',
      'it is about no erasure',
      'it names auth, which has not confirmed',
    ]);
    await eraseDueAccounts(world.erasing);
    await waitUntil(async () => (await find())?.receipts.length === 2);
    await reader.stop();
    assert.equal(skipped.length, 3);
  }),
);

test(
  'the reader reports that it cannot read, and invalid positions',
  withTestWorld(async (world) => {
    const faults: string[] = [];
    const reader = createErasureReceiptReader({
      ...world.erasing,
      bus: {
        subscribe: async (options) => ({ ...(await world.bus.subscribe(options)), faults: () => faults }),
      },
      logger: silent,
    });
    const receipts = { name: 'receipts', needed: false } as const;
    assert.deepEqual(await reader.health(), [
      { ...receipts, state: 'down', detail: 'no records can be read' },
    ]);
    await reader.start();
    assert.deepEqual(await reader.health(), [{ ...receipts, state: 'ok' }]);
    faults.push('Group auth was at offset 5 of a 0.');
    assert.deepEqual(await reader.health(), [
      {
        ...receipts,
        state: 'degraded',
        detail: 'Group auth was at offset 5 of a 0. Run: npm run ops -- verify',
      },
    ]);
    await reader.stop();
  }),
);

test(
  'a receipt of an account that cannot be read does not hold up the others',
  withTestWorld(async (world) => {
    const erased = await erasedAccount(world);
    // There are so many accounts that every partition gets the receipt of at least one of them.
    const unreadable: readonly string[] = Array.from({ length: 300 }, () => randomUUID());
    const { journal } = world.erasing;
    const reader = createErasureReceiptReader({
      ...world.erasing,
      journal: {
        ...journal,
        async read(stream, after, limit) {
          if (unreadable.includes(stream)) throw new UnreadableCommit(stream, 1, 'it is of a later release');
          return journal.read(stream, after, limit);
        },
      },
      logger: silent,
    });
    const receipts = [
      ...unreadable.map((account) => receiptOf({ account, sequence: 1 }, 'user')),
      receiptOf(erased, 'user'),
    ];
    await world.bus.publish(RECEIPTS_TOPIC, receipts.map(encodeReceipt));
    await reader.start();
    const find = () => world.erasing.erasureReceipts.find(erased.account);
    await waitUntil(
      async () => (await find())?.receipts.some(({ consumer }) => consumer === 'user') === true,
    );
    await reader.stop();
  }),
);

test(
  'a receipt counts only for an account that was erased, at the sequence of its last event',
  withTestWorld(async (world) => {
    const { userId: living } = await world.signUp('bob@example.com', 'countess of the engine');
    const erased = await erasedAccount(world);
    assert.equal(
      await storeErasureReceipt(world.erasing, receiptOf({ account: living, sequence: 1 }, 'user')),
      false,
    );
    assert.equal(await world.erasing.erasureReceipts.find(living), undefined);
    const early = { ...erased, sequence: erased.sequence - 1 };
    assert.equal(await storeErasureReceipt(world.erasing, receiptOf(early, 'user')), false);
    assert.equal(await storeErasureReceipt(world.erasing, receiptOf(erased, 'user')), true);
  }),
);

test(
  'an account that a restored journal had forgotten, and that is erased again, needs new receipts',
  withTestWorld(async (world) => {
    const { erasureReceipts } = world.erasing;
    const { userId: account } = await world.signUp('ada@example.com', 'countess of the engine');
    const lost = { account, sequence: 9, erasedAt: '2026-03-01T12:00:00.000Z', expected: ['auth', 'user'] };
    await erasureReceipts.open(lost);
    for (const consumer of lost.expected)
      await erasureReceipts.confirm(lost, { consumer, confirmedAt: '2026-03-01T12:00:00.000Z' });
    await requestErasureOfAccount(world.deps, { userId: account, by: 'ops' }, createTestContext());
    world.advance(7 * DAY_MS);
    await eraseDueAccounts(world.erasing);
    const erased = await erasureReceipts.find(account);
    assert.equal(erased?.sequence, (await world.factsOf(account)).length);
    assert.deepEqual(findUnconfirmedConsumers(erased), ['user']);
    assert.equal(await storeErasureReceipt(world.erasing, receiptOf(lost, 'user')), false);
    assert.equal(await storeErasureReceipt(world.erasing, receiptOf(erased, 'user')), true);
  }),
);

test(
  'a receipt of an account that is erased again counts even if it arrives before auth has stored the erasure',
  withTestWorld(async (world) => {
    const erased = await erasedAccount(world);
    const lost = { ...erased, sequence: erased.sequence + 4, expected: ['auth', 'user'] };
    await world.erasing.erasureReceipts.open(lost);
    assert.equal(await storeErasureReceipt(world.erasing, receiptOf(erased, 'user')), true);
    const stored = await world.erasing.erasureReceipts.find(erased.account);
    assert.equal(stored?.sequence, erased.sequence);
    assert.deepEqual(stored && findUnconfirmedConsumers(stored), ['auth']);
  }),
);

test(
  'invented consumers cannot fill the store, nor crowd out the expected ones',
  withTestWorld(async (world) => {
    const erased = await erasedAccount(world);
    const names = Array.from({ length: 120 }, (_, index) => `invented-${index}`);
    for (const name of names) await storeErasureReceipt(world.erasing, receiptOf(erased, name));
    assert.equal((await world.erasing.erasureReceipts.find(erased.account))?.receipts.length, 100);
    assert.equal(await storeErasureReceipt(world.erasing, receiptOf(erased, 'user')), true);
  }),
);

test(
  'the metric counts what a consumer has not confirmed in time',
  withTestWorld(async (world) => {
    const registry = createMetricsRegistry();
    createErasureMetrics({ ...world.erasing, registry, receiptDays: 3 });
    const erased = await erasedAccount(world);
    assert.match(await registry.metrics(), /latchkey_erasures_overdue\{consumer="user"\} 0/);
    world.advance(3 * DAY_MS);
    assert.match(await registry.metrics(), /latchkey_erasures_overdue\{consumer="user"\} 1/);
    assert.match(await registry.metrics(), /latchkey_erasures_overdue\{consumer="auth"\} 0/);
    await storeErasureReceipt(world.erasing, receiptOf(erased, 'user'));
    assert.match(await registry.metrics(), /latchkey_erasures_overdue\{consumer="user"\} 0/);
  }),
);

test(
  'the metric does not count a consumer that need no longer confirm',
  withTestWorld(async (world) => {
    const registry = createMetricsRegistry();
    await erasedAccount(world, ['auth', 'user', 'books']);
    world.advance(3 * DAY_MS);
    createErasureMetrics({ ...world.erasing, registry, expected: ['auth', 'user'], receiptDays: 3 });
    const metrics = await registry.metrics();
    assert.match(metrics, /latchkey_erasures_overdue\{consumer="user"\} 1/);
    assert.doesNotMatch(metrics, /latchkey_erasures_overdue\{consumer="books"\}/);
  }),
);

test(
  'a metric counts the erasures that are due and not finished',
  withTestWorld(async (world) => {
    const registry = createMetricsRegistry();
    createErasureMetrics({ ...world.erasing, registry, receiptDays: 3 });
    const { userId } = await world.signUp('ada@example.com', 'countess of the engine');
    await requestErasureOfAccount(world.deps, { userId, by: 'ops' }, createTestContext());
    assert.match(await registry.metrics(), /latchkey_erasures_unfinished 0/);
    world.advance(7 * DAY_MS);
    assert.match(await registry.metrics(), /latchkey_erasures_unfinished 1/);
    await eraseDueAccounts(world.erasing);
    assert.match(await registry.metrics(), /latchkey_erasures_unfinished 0/);
    const erasures = { due: () => Promise.reject(new Error('away')) };
    const away = createMetricsRegistry();
    createErasureMetrics({ ...world.erasing, erasures, registry: away, receiptDays: 3 });
    assert.match(await away.metrics(), /latchkey_erasures_unfinished Nan/i);
  }),
);
