/**
 * Tests of renamed groups, of groups of other systems, and of topics to which somebody has added partitions.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { BusUnderTest } from '../bus.contract.ts';
import type { BusRecord } from '../bus.ts';
import { withGroupNames } from '../topic-names.ts';
import { withKafkaAdmin } from './admin.ts';
import { createKafkaBus } from './bus.kafka.ts';
import { createKafkaClients } from './clients.ts';
import { kafkaConnectionForTests, openKafkaTestBus, silentLogger } from './testing/test-bus.ts';
import { waitUntilTopicsAreKnown } from './topics.ts';

const { prompt } = createKafkaClients(kafkaConnectionForTests, silentLogger);

function records(count: number, from = 0) {
  return Array.from({ length: count }, (_, n) => ({
    key: `key-${n % 7}`,
    value: Buffer.from(String(from + n)),
    headers: {},
  }));
}

describe('on a broker that others use', () => {
  let under: BusUnderTest;
  let topic: string;

  beforeEach(async () => {
    under = await openKafkaTestBus();
    topic = `groups-${randomUUID()}`;
    await under.bus.ensureTopics([{ name: topic, partitions: 3, retentionMs: -1 }]);
  });
  afterEach(() => under.close());

  /** Reads the topic as a member of this group until `count` records have arrived. */
  async function read(count: number, group: string, formerGroup?: string): Promise<readonly BusRecord[]> {
    const seen: BusRecord[] = [];
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const subscription = await under.bus.subscribe({
      topics: [topic],
      group,
      ...(formerGroup !== undefined && { formerGroup }),
      async handle(slice) {
        seen.push(...slice.records);
        if (seen.length >= count) resolve();
      },
    });
    await enough;
    await subscription.close();
    return seen;
  }

  function values(read: readonly BusRecord[]): readonly number[] {
    return read.map(({ value }) => Number(value)).toSorted((a, b) => a - b);
  }

  test('a group with a new name continues where it was, once, and the former one keeps its positions', async () => {
    const [former, group] = [`${topic}-former`, `${topic}-new`];
    await under.bus.publish(topic, records(20));
    await read(20, former);
    await under.bus.publish(topic, records(5, 20));
    assert.deepEqual(values(await read(5, group, former)), [20, 21, 22, 23, 24]);
    assert.deepEqual(await under.bus.progressOf(former, [topic]), { records: 25, read: 20, outOfRange: [] });

    await read(5, former);
    await under.bus.publish(topic, records(1, 25));
    assert.deepEqual(values(await read(1, group, former)), [25]);
  });

  test('a group without a former one starts at the beginning', async () => {
    await under.bus.publish(topic, records(4));
    assert.deepEqual(values(await read(4, `${topic}-new`, `${topic}-never`)), [0, 1, 2, 3]);
  });

  test('a group with members that read other topics is refused, by the name of the setting', async () => {
    const other = `groups-${randomUUID()}`;
    await under.bus.ensureTopics([{ name: other, partitions: 1, retentionMs: -1 }]);
    const group = `${topic}-shared`;
    const handle = async () => undefined;
    await under.bus.subscribe({ topics: [other], group, handle });
    await assert.rejects(under.bus.subscribe({ topics: [topic], group, handle }), {
      message: new RegExp(`^GROUP_PREFIX: the group ${group} has members that read ${other}, not ${topic}`),
    });
    await under.bus.subscribe({ topics: [other, topic], group, handle });
    const prefixed = withGroupNames(under.bus, { prefix: `${topic}-own.`, topics: {} });
    await (await prefixed.subscribe({ topics: [topic], group, handle })).close();
    await prefixed.deleteGroup(group, [topic]);
  });

  test('a position that the topic no longer has is reported, and the records that are left are read', async () => {
    const group = `${topic}-late`;
    await under.bus.publish(topic, records(20));
    await read(20, group);
    await under.bus.publish(topic, records(20, 20));
    await withKafkaAdmin(prompt, async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      const partitions = offsets.map(({ partition, offset }) => ({ partition, offset }));
      await admin.deleteTopicRecords({ topic, partitions });
    });
    await under.bus.publish(topic, records(7, 40));
    const { outOfRange } = await under.bus.progressOf(group, [topic]);
    assert.ok(outOfRange.length > 0);
    for (const fault of outOfRange)
      assert.match(fault, /which now has the offsets \d+ to \d+: records were deleted/);

    const seen: BusRecord[] = [];
    const { promise: all, resolve } = Promise.withResolvers<void>();
    const subscription = await under.bus.subscribe({
      topics: [topic],
      group,
      async handle(slice) {
        seen.push(...slice.records);
        if (seen.length >= 7) resolve();
      },
    });
    await all;
    assert.deepEqual(subscription.faults(), outOfRange);
    assert.deepEqual(values(seen), [40, 41, 42, 43, 44, 45, 46]);
    await subscription.close();
    assert.deepEqual(subscription.faults(), []);
  });

  test('a group that has lost its positions reads again from the beginning, and reports this', async () => {
    const group = `${topic}-lost`;
    await under.bus.publish(topic, records(9));
    const handled: number[] = [];
    async function readAll(hasReadBefore: boolean): Promise<readonly string[]> {
      const count = handled.length + 9;
      const { promise: all, resolve } = Promise.withResolvers<void>();
      const subscription = await under.bus.subscribe({
        topics: [topic],
        group,
        hasReadBefore: async () => hasReadBefore,
        async handle(slice) {
          handled.push(...slice.records.map(({ value }) => Number(value)));
          if (handled.length >= count) resolve();
        },
      });
      await all;
      const faults = subscription.faults();
      await subscription.close();
      return faults;
    }
    assert.deepEqual(await readAll(false), []);
    await under.bus.deleteGroup(group, [topic]);
    assert.deepEqual(await readAll(true), [
      `Group ${group} has no positions, although it has read before: its positions were deleted or have expired, or its topics were replaced. It reads from the beginning again.`,
    ]);
    assert.equal(handled.length, 18);
  });

  test('a key stays in its partition when somebody adds partitions, which is reported', async () => {
    const spec = { name: topic, partitions: 3, retentionMs: -1 };
    const checking = under.bus as typeof under.bus & {
      topicFaults(specs: readonly (typeof spec)[]): Promise<readonly string[]>;
    };
    assert.deepEqual(await checking.topicFaults([spec]), []);
    await under.bus.publish(topic, records(14));
    await withKafkaAdmin(prompt, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic, count: 12 }] }),
    );
    await withKafkaAdmin(prompt, (admin) => waitUntilTopicsAreKnown(admin, [topic], 1));
    const bus = await under.reopen();
    await bus.ensureTopics([spec]);
    await bus.publish(topic, records(14, 14));
    under = { ...under, bus };
    // Use a bus that does not check the topics, like the bus of an ops command.
    const operators = createKafkaBus({
      ...kafkaConnectionForTests,
      logger: silentLogger,
      onFatal: assert.fail,
      topics: [spec],
    });
    await operators.publish(topic, records(14, 28));
    await operators.close();
    const places = new Map<string | undefined, Set<number>>();
    for (const { key, partition } of await read(42, `${topic}-all`)) {
      const name = key?.toString();
      places.set(name, (places.get(name) ?? new Set()).add(partition));
    }
    const tail = await bus.tail(topic);
    for (const [key = '', partitions] of places)
      assert.deepEqual([...partitions], [await tail.partitionOf(key)], key);
    assert.deepEqual(await (bus as typeof checking).topicFaults([spec]), [
      `The topic ${topic} has 12 partitions; only the first 3 are written to.`,
    ]);
  });
});
