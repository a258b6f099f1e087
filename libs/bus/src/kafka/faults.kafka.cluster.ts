import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import kafkajs, { CompressionTypes } from 'kafkajs';
import Broker from 'kafkajs/src/broker/index.js';
import { KafkaJSGroupCoordinatorNotFound } from 'kafkajs/src/errors.js';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import type { BusRecord, BusSubscription, OutgoingRecord, PartitionSlice } from '../bus.ts';
import { withKafkaAdmin } from './admin.ts';
import type { KafkaBusDeps } from './bus.kafka.ts';
import { createKafkaClients } from './clients.ts';
import { KafkaUnavailableError } from './failures.ts';
import { literalOnlySnappyCodec } from './testing/literal-snappy.ts';
import { kafkaConnectionForTests, openKafkaTestBus, silentLogger } from './testing/test-bus.ts';

const { CompressionCodecs } = kafkajs;
const KEPT_FOR_EVER = -1;
const DEADLINE_MS = 120_000;
/**
 * How long a consumer may go without a response before it is considered stuck, in ms. Even on a busy machine,
 * a response takes less time than this.
 */
const STUCK_AFTER_MS = 15_000;
const GROUP_LOAD_IN_PROGRESS = 14;
const NOT_COORDINATOR = 16;

function record(key: string, value: string | Buffer): OutgoingRecord {
  return {
    key,
    value: Buffer.from(value),
    headers: {},
  };
}

/** Opens a bus with its own topic and group. */
async function prepare(test: TestContext, more: Partial<KafkaBusDeps> = {}) {
  const { bus, close } = await openKafkaTestBus(more);
  test.after(close);
  const topic = `t-${randomUUID()}`;
  const group = `g-${randomUUID()}`;
  await bus.ensureTopics([{ name: topic, partitions: 2, retentionMs: KEPT_FOR_EVER }]);
  async function collect(of: string = topic) {
    const records: BusRecord[] = [];
    await bus.subscribe({
      topics: [of],
      group: `${group}-${randomUUID()}`,
      handle: async (slice) => void records.push(...slice.records),
    });
    return records;
  }
  return { bus, topic, group, collect };
}

/** The fetch request that kafkajs sends to a broker. */
interface FetchRequest {
  readonly topics: readonly { readonly partitions: readonly { readonly partition: number }[] }[];
}

function without(request: FetchRequest, forgotten: number | undefined): FetchRequest {
  return {
    ...request,
    topics: request.topics.map((topic) => ({
      ...topic,
      partitions: topic.partitions.filter(({ partition }) => partition !== forgotten),
    })),
  };
}

/**
 * Simulates another program on the same broker that does what Latchkey itself never does with its topics and
 * groups.
 */
function stranger() {
  return createKafkaClients(kafkaConnectionForTests, silentLogger).prompt;
}

async function sendInSnappy(topic: string, key: string, value: string): Promise<void> {
  const original = CompressionCodecs[CompressionTypes.Snappy];
  CompressionCodecs[CompressionTypes.Snappy] = () => literalOnlySnappyCodec;
  const producer = stranger().producer();
  try {
    await producer.connect();
    await producer.send({ topic, messages: [{ key, value }], compression: CompressionTypes.Snappy });
  } finally {
    CompressionCodecs[CompressionTypes.Snappy] = original;
    await producer.disconnect();
  }
}

/**
 * Returns whether all records were handled. Returns false while the leader of a new topic is not known yet.
 */
async function isAtEnd(subscription: BusSubscription): Promise<boolean> {
  try {
    return (await subscription.lag()) === 0;
  } catch (error) {
    if (error instanceof KafkaUnavailableError) return false;
    throw error;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not within ${DEADLINE_MS} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the Kafka bus', () => {
  it('reads what another program sent in snappy, because its topics store nothing compressed', async (test) => {
    const { bus, topic, collect } = await prepare(test);
    await sendInSnappy(topic, 'a', 'packed');
    await bus.publish(topic, [record('a', 'plain')]);
    const records = await collect();
    await until(() => records.length === 2);
    assert.deepEqual(
      records.map(({ value }) => String(value)),
      ['packed', 'plain'],
    );
  });

  it('reports a record that kafkajs cannot unpack, instead of hanging', async (test) => {
    const reasons: Error[] = [];
    const { bus, group } = await prepare(test, { onFatal: (reason) => void reasons.push(reason) });
    const topic = `t-${randomUUID()}`;
    await withKafkaAdmin(stranger(), (admin) => admin.createTopics({ topics: [{ topic }] }));
    test.after(() => withKafkaAdmin(stranger(), (admin) => admin.deleteTopics({ topics: [topic] })));
    const subscription: BusSubscription = await bus.subscribe({
      topics: [topic],
      group,
      handle: async () => undefined,
    });
    await sendInSnappy(topic, 'a', 'packed');
    await until(() => reasons.length > 0);
    assert.match(reasons[0]?.message ?? '', new RegExp(`group ${group} has ended: .*Snappy`));
    await until(() => !subscription.healthy());
    await subscription.close();
  });

  it('joins a group whose coordinator is still loading it, as on a broker that has just started', async (test) => {
    const { bus, topic, collect } = await prepare(test);
    const loading = createErrorFromCode(GROUP_LOAD_IN_PROGRESS);
    const join = test.mock.method(Broker.prototype, 'joinGroup');
    join.mock.mockImplementationOnce(() => Promise.reject(loading));
    const records = await collect();
    await bus.publish(topic, [record('a', '1')]);
    await until(() => records.length === 1);
    assert.ok(join.mock.callCount() > 1, 'the first answer was the refusal');
  });

  it('keeps positions again after the coordinator has moved to a broker that was still loading the group', async (test) => {
    const { bus, topic, group } = await prepare(test, { times: { rejoinAfterMs: 1000 } });
    const handled: string[] = [];
    const subscription = await bus.subscribe({
      topics: [topic],
      group,
      handle: async ({ records }) => void handled.push(...records.map(({ value }) => String(value))),
    });
    await bus.publish(topic, [record('a', '1')]);
    await until(() => isAtEnd(subscription));

    const moved = createErrorFromCode(NOT_COORDINATOR);
    const { joinGroup, offsetCommit } = Broker.prototype;
    let isFormer = false;
    test.mock.method(Broker.prototype, 'heartbeat').mock.mockImplementationOnce(() => Promise.reject(moved));
    const join = test.mock.method(Broker.prototype, 'joinGroup', function (this: Broker, request: object) {
      isFormer = join.mock.callCount() === 0;
      return isFormer
        ? Promise.reject(createErrorFromCode(GROUP_LOAD_IN_PROGRESS))
        : joinGroup.call(this, request);
    });
    test.mock.method(Broker.prototype, 'offsetCommit', function (this: Broker, request: object) {
      return isFormer ? Promise.reject(moved) : offsetCommit.call(this, request);
    });
    await until(() => join.mock.callCount() > 0);
    await bus.publish(topic, [record('a', '2')]);
    await until(() => handled.includes('2'));
    await until(() => isAtEnd(subscription));
    await bus.publish(topic, [record('a', '3')]);
    await until(() => isAtEnd(subscription));
    assert.equal(handled.at(-1), '3');
  });

  it('continues where kafkajs gives up, as it does while the only broker shuts down', async (test) => {
    const { bus, topic, collect } = await prepare(test);
    const records = await collect();
    await bus.publish(topic, [record('a', '1')]);
    await until(() => records.length === 1);
    const fetch = test.mock.method(Broker.prototype, 'fetch');
    fetch.mock.mockImplementationOnce(() =>
      Promise.reject(new KafkaJSGroupCoordinatorNotFound('None found')),
    );
    await until(() => fetch.mock.callCount() > 1);
    await bus.publish(topic, [record('a', '2')]);
    await until(() => records.length === 2);
  });

  it('reports a partition from which kafkajs delivers nothing although records are waiting', async (test) => {
    const reasons: Error[] = [];
    const { bus, topic, group } = await prepare(test, {
      onFatal: (reason) => void reasons.push(reason),
      times: { stuckAfterMs: STUCK_AFTER_MS, progressEveryMs: 500 },
    });
    const seen: BusRecord[] = [];
    async function handle({ records }: PartitionSlice) {
      return void seen.push(...records);
    }
    const subscription = await bus.subscribe({ topics: [topic], group, handle });
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    function publishAll() {
      return bus.publish(
        topic,
        keys.map((key) => record(key, '1')),
      );
    }
    await publishAll();
    await until(async () => seen.length === keys.length && (await isAtEnd(subscription)));

    const [forgotten] = seen;
    const fetch = Broker.prototype.fetch;
    const fetches = test.mock.method(
      Broker.prototype,
      'fetch',
      function (this: Broker, request: FetchRequest) {
        return fetch.call(this, without(request, forgotten?.partition));
      },
    );
    // The fetch that is in flight still requests this partition, so wait for the next fetch.
    await until(() => fetches.mock.callCount() > 1);
    await publishAll();
    await until(() => reasons.length > 0);
    assert.match(
      reasons[0]?.message ?? '',
      new RegExp(
        `makes no progress: for \\d+ s it has received nothing of ${topic} ${forgotten?.partition},`,
      ),
    );
    await until(() => seen.length > keys.length);
  });

  it('refuses a topic that would let compressed records in', async (test) => {
    const { bus } = await prepare(test);
    const topic = `t-${randomUUID()}`;
    await withKafkaAdmin(stranger(), (admin) => admin.createTopics({ topics: [{ topic }] }));
    await assert.rejects(
      bus.ensureTopics([
        { name: `${topic}-new`, partitions: 1, retentionMs: KEPT_FOR_EVER },
        { name: topic, partitions: 1, retentionMs: KEPT_FOR_EVER },
      ]),
      new RegExp(
        `topic ${topic} exists with compression.type producer, not uncompressed.*No topic was changed`,
      ),
    );
    const names = await withKafkaAdmin(stranger(), (admin) => admin.listTopics());
    assert.ok(!names.includes(`${topic}-new`), 'a refusal leaves nothing half-made');
  });

  it('publishes more at once than a broker takes in one batch', async (test) => {
    const { bus, topic, collect } = await prepare(test);
    const large = Buffer.alloc(200 * 1024, 'x');
    await bus.publish(
      topic,
      Array.from({ length: 12 }, (_, n) => ({ ...record('a', large), headers: { n: String(n) } })),
    );
    const records = await collect();
    await until(() => records.length === 12);
    assert.deepEqual(
      records.map(({ headers }) => Number(headers['n'])),
      Array.from({ length: 12 }, (_, n) => n),
    );
  });

  it('writes a record of the maximum size to the dead-letter queue', async (test) => {
    const { bus, topic, group, collect } = await prepare(test);
    const largest = Buffer.alloc(1024 * 1024 - 200, 'x');
    await bus.publish(topic, [record('a', largest)]);
    const subscription = await bus.subscribe({
      topics: [topic],
      group,
      handle: async (slice) => {
        for (const each of slice.records) slice.setAside(each, 'too large to be true');
      },
    });
    await until(() => isAtEnd(subscription));
    const letters = await collect(`${topic}.dlq.${group}`);
    await until(() => letters.length === 1);
    assert.deepEqual(letters[0]?.value, largest);
  });

  it('writes to an existing dead-letter topic with other settings, and reports that once', async (test) => {
    const lines: string[] = [];
    const logger = { warn: (_fields: object, line: string) => void lines.push(line) };
    const { bus, topic, group, collect } = await prepare(test, { logger });
    const letters = `${topic}.dlq.${group}`;
    await bus.ensureTopics([{ name: letters, partitions: 1, retentionMs: 86_400_000 }]);
    const subscription = await bus.subscribe({
      topics: [topic],
      group,
      handle: async (slice) => {
        for (const each of slice.records) slice.setAside(each, 'nobody can use it');
      },
    });
    const found = await collect(letters);
    for (const value of ['1', '2']) {
      await bus.publish(topic, [record('a', value)]);
      await until(() => found.at(-1)?.value?.toString() === value);
    }
    await until(() => isAtEnd(subscription));
    const told = lines.filter((line) => line.includes(letters));
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(told[0] ?? '', /exists with retention\.ms 86400000, not 2592000000\..*\(kafka-configs, /);
  });

  it('delivers a slice only once, because its member keeps its session meanwhile', async (test) => {
    const { bus, topic, group } = await prepare(test);
    await bus.publish(topic, [record('a', '1')]);
    const heartbeats = test.mock.method(Broker.prototype, 'heartbeat');
    const handled: string[] = [];
    const subscription = await bus.subscribe({
      topics: [topic],
      group,
      handle: async ({ records }) => {
        handled.push(...records.map(({ value }) => String(value)));
        if (handled.length > 1) return;
        const before = heartbeats.mock.callCount();
        await until(() => heartbeats.mock.callCount() > before + 2);
      },
    });
    await until(() => isAtEnd(subscription));
    await bus.publish(topic, [record('a', '2')]);
    await until(() => handled.includes('2'));
    assert.deepEqual(handled, ['1', '2']);
  });

  it('publishes to other topics after one was deleted', async (test) => {
    const { bus, topic, collect } = await prepare(test);
    const doomed = `${topic}-doomed`;
    await bus.ensureTopics([{ name: doomed, partitions: 1, retentionMs: KEPT_FOR_EVER }]);
    await bus.publish(doomed, [record('a', '1')]);
    await withKafkaAdmin(stranger(), (admin) => admin.deleteTopics({ topics: [doomed] }));
    // The broker may accept records for a moment after it has confirmed the deletion of the topic.
    async function publishUntilGone(): Promise<never> {
      for (;;) await bus.publish(doomed, [record('a', '2')]);
    }
    await assert.rejects(publishUntilGone(), new RegExp(`lacks a topic, .*${doomed}`));
    await bus.publish(topic, [record('a', '3')]);
    const records = await collect();
    await until(() => records.length === 1);
  });

  it('delivers nothing a second time after it was closed under load', async (test) => {
    const { bus, topic, group } = await prepare(test);
    const many = 3000;
    const published = bus.publish(
      topic,
      Array.from({ length: many }, (_, n) => record(`key ${n}`, String(n))),
    );
    const handled: string[] = [];
    const { promise: halfWay, resolve } = Promise.withResolvers<void>();
    function subscribe() {
      return bus.subscribe({
        topics: [topic],
        group,
        sliceSize: 20,
        handle: async ({ records }) => {
          await new Promise((done) => setTimeout(done, 5));
          handled.push(...records.map(({ value }) => String(value)));
          if (handled.length > many / 2) resolve();
        },
      });
    }
    const first = await subscribe();
    await halfWay;
    await first.close();
    assert.ok(handled.length < many, 'it was in the middle');
    await published;
    await subscribe();
    await until(() => handled.length >= many);
    assert.equal(new Set(handled).size, many);
    assert.equal(handled.length, many);
  });

  it('closes while its handler fails', async (test) => {
    const { bus, topic, group } = await prepare(test);
    await bus.publish(topic, [record('a', '1')]);
    const { promise: tried, resolve } = Promise.withResolvers<void>();
    const subscription = await bus.subscribe({
      topics: [topic],
      group,
      handle: async () => {
        resolve();
        throw new Error('the store is away');
      },
    });
    await tried;
    await subscription.close();
    assert.equal(subscription.healthy(), false);
  });
});
