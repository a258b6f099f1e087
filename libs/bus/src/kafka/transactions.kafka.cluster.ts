/**
 * Tests that the transactions of other producers neither hold up readers nor count as unread records.
 * Latchkey itself never writes transactions.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Producer, type Transaction } from 'kafkajs';
import type { BusUnderTest } from '../bus.contract.ts';
import type { BusSubscription } from '../bus.ts';
import { createKafkaLogReader } from './reader.kafka.ts';
import { kafkaConnectionForTests, openKafkaTestBus, silentLogger } from './testing/test-bus.ts';

const PATIENCE_MS = 60_000;
const TRANSACTION_TIMEOUT_MS = 300_000;

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, what);
    await pause(20);
  }
}

describe('a transaction of another producer', () => {
  let under: BusUnderTest;
  let topic: string;
  const kafka = new kafkajs.Kafka({
    brokers: [...kafkaConnectionForTests.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  let producer: Producer;
  let transaction: Transaction | undefined;

  beforeEach(async () => {
    producer = kafka.producer({
      transactionalId: `other-${randomUUID()}`,
      maxInFlightRequests: 1,
      idempotent: true,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
    });
    under = await openKafkaTestBus();
    topic = `transactions-${randomUUID()}`;
    await under.bus.ensureTopics([{ name: topic, partitions: 1, retentionMs: -1 }]);
    await producer.connect();
  });
  afterEach(async () => {
    if (transaction?.isActive()) await transaction.abort();
    await producer.disconnect();
    await under.close();
  });

  function publish(text: string) {
    return under.bus.publish(topic, [{ key: 'ours', value: Buffer.from(text), headers: {} }]);
  }
  async function begin(text: string): Promise<Transaction> {
    transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'theirs', value: text }] });
    return transaction;
  }
  async function read(
    group: string,
  ): Promise<{ readonly seen: string[]; readonly subscription: BusSubscription }> {
    const seen: string[] = [];
    const subscription = await under.bus.subscribe({
      topics: [topic],
      group,
      async handle({ records }) {
        for (const { value } of records) seen.push(String(value));
      },
    });
    return { seen, subscription };
  }

  test('that is open does not block readers, and its records count like all others', async () => {
    const group = `${topic}-open`;
    await publish('one');
    await begin('open');
    await publish('two');
    const { seen, subscription } = await read(group);
    await until('all are read', () => seen.length === 3);
    assert.deepEqual(seen, ['one', 'open', 'two']);
    await until('there is no lag', async () => (await subscription.lag()) === 0);
    assert.deepEqual(await under.bus.progressOf(group, [topic]), { records: 3, read: 3, outOfRange: [] });
    assert.equal(await subscription.caughtUp(), true);

    const reader = createKafkaLogReader({ ...kafkaConnectionForTests, logger: silentLogger });
    assert.deepEqual(await reader.ranges(topic), [{ partition: 0, start: 0, end: 3 }]);
    const tail = await under.bus.tail(topic);
    assert.deepEqual(
      (await tail.read(0, 0, 10)).map(({ value }) => String(value)),
      ['one', 'open', 'two'],
    );
  });

  for (const end of ['commit', 'abort'] as const)
    test(`that ended with ${end} leaves nothing to read`, async () => {
      const group = `${topic}-${end}`;
      await publish('one');
      const { seen, subscription } = await read(group);
      await until('the first is read', () => seen.length === 1);
      await (await begin(end))[end]();
      await until('the record is read, whatever became of it', () => seen.length === 2);
      await until('the marker is passed over', async () => (await subscription.lag()) === 0);
      assert.deepEqual(await under.bus.progressOf(group, [topic]), { records: 3, read: 3, outOfRange: [] });
      await subscription.close();

      const again = await read(group);
      assert.equal(await again.subscription.caughtUp(), true);
      await publish('two');
      await until('only what is new is read', () => again.seen.length === 1);
      assert.deepEqual(again.seen, ['two']);
    });

  test('that ended before anything else was written is passed over by a new group', async () => {
    await (await begin('theirs')).abort();
    const { seen, subscription } = await read(`${topic}-new`);
    await until('the group has caught up', () => subscription.caughtUp());
    assert.deepEqual(seen, ['theirs']);
  });
});
