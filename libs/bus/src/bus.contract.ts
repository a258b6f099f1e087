import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type Bus,
  type BusRecord,
  type BusSubscribeOptions,
  ConsumerGroupInUseError,
  type ConsumerGroups,
  type OutgoingRecord,
} from './bus.ts';

/** The log that the contract tests use; each adapter's test file provides one. */
export interface BusUnderTest {
  readonly bus: Bus & ConsumerGroups;
  /** Closes the bus and opens it again on the same log, like a restart. */
  reopen(): Promise<Bus & ConsumerGroups>;
  /** Closes all open buses, and deletes what the tests have created on the log. */
  close(): Promise<void>;
}

const DEADLINE_MS = 120_000;
const KEPT_FOR_EVER = -1;

/**
 * Defines tests of the guarantees of a Bus, which every adapter must pass. Topics and groups have new names
 * in each test, so all tests can share one broker.
 */
export function busContract(name: string, openBus: () => Promise<BusUnderTest>): void {
  describe(`the ${name} bus`, () => {
    let under: BusUnderTest;
    let bus: Bus & ConsumerGroups;
    let topic: string;
    let group: string;

    beforeEach(async () => {
      under = await openBus();
      bus = under.bus;
      topic = `t-${randomUUID()}`;
      group = `g-${randomUUID()}`;
      await bus.ensureTopics([{ name: topic, partitions: 3, retentionMs: KEPT_FOR_EVER }]);
    });
    afterEach(() => under.close());

    async function reopen() {
      bus = await under.reopen();
    }

    function subscribe(handle: BusSubscribeOptions['handle'], more: Partial<BusSubscribeOptions> = {}) {
      return bus.subscribe({ topics: [topic], group, handle, ...more });
    }

    /** Subscribes, and collects the records in the order in which they are handled. */
    async function collect(more: Partial<BusSubscribeOptions> = {}) {
      const records: BusRecord[] = [];
      const subscription = await subscribe(async (slice) => void records.push(...slice.records), more);
      return { records, subscription };
    }

    /**
     * Returns one key for each of the two partitions. Finds them by publishing records with different keys.
     */
    async function keyPerPartition(): Promise<readonly [string, string]> {
      const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
      await bus.publish(
        topic,
        keys.map((key) => record(key, 'probe')),
      );
      const { records, subscription } = await collect({ group: `${group}-probe` });
      await until(() => records.length === keys.length);
      await subscription.close();
      const first = records[0];
      const second = records.find(({ partition }) => partition !== first?.partition);
      assert.ok(first?.key && second?.key, 'twenty keys use two partitions at least');
      return [String(first.key), String(second.key)];
    }

    describe('topics', () => {
      it('can be ensured twice', async () => {
        await bus.ensureTopics([{ name: topic, partitions: 3, retentionMs: KEPT_FOR_EVER }]);
        await bus.publish(topic, [record('a', '1')]);
        const { records } = await collect();
        await until(() => records.length === 1);
      });

      it('are refused, and not changed, if a setting differs', async () => {
        function expectRefusal(spec: { partitions: number; retentionMs: number }, setting: string) {
          return assert.rejects(bus.ensureTopics([{ name: topic, ...spec }]), (error: Error) => {
            assert.ok(error.message.includes(topic), `names the topic: ${error.message}`);
            assert.match(error.message, new RegExp(setting, 'i'));
            return true;
          });
        }
        await expectRefusal({ partitions: 4, retentionMs: KEPT_FOR_EVER }, 'partitions');
        await expectRefusal({ partitions: 3, retentionMs: 60_000 }, 'retention');
        await bus.ensureTopics([{ name: topic, partitions: 3, retentionMs: KEPT_FOR_EVER }]);
      });

      it('must exist before records are published to them', async () => {
        await assert.rejects(bus.publish(`${topic}-missing`, [record('a', '1')]));
      });

      it('must exist before they are subscribed to', async () => {
        await assert.rejects(subscribe(async () => undefined, { topics: [`${topic}-missing`] }));
      });
    });

    describe('records', () => {
      it('arrive as they were sent, whatever their bytes', async () => {
        const large = Buffer.alloc(200 * 1024, 'latchkey');
        const bytes = Buffer.from([0, 255, 128, 10, 0]);
        await bus.publish(topic, [
          { key: 'ключ', value: bytes, headers: { text: 'Grüße', binary: bytes, repeated: ['one', bytes] } },
          { key: null, value: large, headers: {} },
          { key: 'nothing', value: null, headers: { empty: '' } },
        ]);
        const before = Date.now();
        const { records } = await collect();
        await until(() => records.length === 3);

        const full = records.find(({ key }) => String(key) === 'ключ');
        assert.deepEqual(full?.value, bytes);
        assert.deepEqual(bytesOf(full), {
          text: Buffer.from('Grüße'),
          binary: bytes,
          repeated: [Buffer.from('one'), bytes],
        });
        assert.ok(
          Math.abs((full?.timestamp.getTime() ?? 0) - before) < 60_000,
          'dated when it was published',
        );
        assert.deepEqual(records.find(({ key }) => key === null)?.value, large);
        const nothing = records.find(({ key }) => String(key) === 'nothing');
        assert.equal(nothing?.value, null);
        assert.deepEqual(bytesOf(nothing), { empty: Buffer.alloc(0) });
      });

      it('may have headers of any name, even of members that every object inherits', async () => {
        const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
        const headers = Object.fromEntries([
          ...names.map((name) => [name, name] as const),
          ['valueOf', ['one', 'two']] as const,
        ]);
        await bus.publish(topic, [{ key: 'a', value: null, headers }, record('a', 'next')]);
        const { records } = await collect();
        await until(() => records.length === 2);
        const [first] = records;
        assert.deepEqual(Object.keys(first?.headers ?? {}).toSorted(), [...names, 'valueOf'].toSorted());
        const values = bytesOf(first);
        for (const name of names) assert.deepEqual(values[name], Buffer.from(name));
        assert.deepEqual(values['valueOf'], [Buffer.from('one'), Buffer.from('two')]);
      });

      it('of one key stay in order over many publishes', async () => {
        const { records } = await collect({ sliceSize: 7 });
        for (let n = 0; n < 60; n++) {
          await bus.publish(
            topic,
            ['a', 'b', 'c', 'd'].map((key) => record(key, String(n))),
          );
        }
        await until(() => records.length >= 240);
        for (const key of ['a', 'b', 'c', 'd']) {
          assert.deepEqual(
            valuesOf(key, records),
            Array.from({ length: 60 }, (_, n) => String(n)),
          );
        }
      });

      it('of one key have one partition, also after a restart', async () => {
        const keys = Array.from({ length: 12 }, (_, n) => `key-${n}`);
        await bus.publish(
          topic,
          keys.map((key) => record(key, 'before')),
        );
        await reopen();
        await bus.publish(
          topic,
          keys.map((key) => record(key, 'after')),
        );
        const { records } = await collect();
        await until(() => records.length === 24);
        const partitions = new Set(records.map(({ key, partition }) => `${key} ${partition}`));
        assert.equal(partitions.size, keys.length);
        assert.ok(new Set(records.map(({ partition }) => partition)).size > 1, 'keys are spread');
      });

      it('are numbered from 0, without gaps, in each partition', async () => {
        for (let n = 0; n < 5; n++)
          await bus.publish(
            topic,
            ['a', 'b', 'c', 'd', 'e'].map((key) => record(key, `${n}`)),
          );
        const { records } = await collect({ sliceSize: 4 });
        await until(() => records.length === 25);
        for (const partition of new Set(records.map((each) => each.partition))) {
          const offsets = records.filter((each) => each.partition === partition).map(({ offset }) => offset);
          assert.deepEqual(
            offsets,
            Array.from(offsets, (_, n) => n),
          );
        }
      });
    });

    describe('a group', () => {
      it('reads from the start, however late it subscribes, independently of other groups', async () => {
        const early = await collect();
        await bus.publish(topic, [record('a', '1'), record('a', '2')]);
        await until(() => early.records.length === 2);
        const late = await collect({ group: `${group}-late` });
        await until(() => late.records.length === 2);
        assert.deepEqual(valuesOf('a', late.records), ['1', '2']);
        assert.equal(early.records.length, 2);
      });

      it('continues after a restart where it was', async () => {
        const before = await collect();
        await bus.publish(topic, [record('a', '1'), record('a', '2')]);
        await until(() => before.records.length === 2);
        await before.subscription.close();
        await bus.publish(topic, [record('a', '3')]);
        await reopen();
        const afterwards = await collect();
        await until(() => afterwards.records.length > 0);
        assert.deepEqual(valuesOf('a', afterwards.records), ['3']);
      });

      it('gets unfinished records again after a restart', async () => {
        await bus.publish(topic, [record('a', '1'), record('a', '2')]);
        let tried = false;
        await subscribe(async () => {
          tried = true;
          throw new Error('the store is away');
        });
        await until(() => tried);
        await reopen();
        const { records } = await collect();
        await until(() => records.length === 2);
        assert.deepEqual(valuesOf('a', records), ['1', '2']);
      });

      it('has caught up once it has read the records from before its start, even if more arrive meanwhile', async () => {
        const keys = await keyPerPartition();
        const [earlier, later] = [openable(), openable()];
        const subscription = await subscribe(
          ({ records: [only] }) => (String(only?.value) === 'later' ? later.opened : earlier.opened),
          { sliceSize: 1 },
        );
        await bus.publish(
          topic,
          keys.map((key) => record(key, 'later')),
        );
        assert.equal(await subscription.caughtUp(), false);
        earlier.open();
        await until(() => subscription.caughtUp());
        assert.equal(await subscription.lag(), keys.length);
        later.open();
      });

      it('has caught up at once with empty topics', async () => {
        const { subscription } = await collect();
        assert.equal(await subscription.caughtUp(), true);
      });

      it('reports its lag, down to 0', async () => {
        const gate = openable();
        await bus.publish(
          topic,
          ['a', 'b', 'c', 'd'].map((key) => record(key, '1')),
        );
        const subscription = await subscribe(() => gate.opened);
        assert.equal(await subscription.lag(), 4);
        await until(() => subscription.healthy());
        gate.open();
        await until(async () => (await subscription.lag()) === 0);
      });
    });

    describe('a slice', () => {
      it('that failed is delivered again, unchanged, before later records', async () => {
        const seen: string[][] = [];
        const [key] = await keyPerPartition();
        await bus.publish(
          topic,
          ['1', '2', '3', '4'].map((value) => record(key, value)),
        );
        await subscribe(
          async (slice) => {
            const values = valuesOf(key, slice.records).filter((value) => value !== 'probe');
            if (values.length === 0) return;
            seen.push(values);
            if (seen.length < 3) throw new Error('the store is away');
          },
          { sliceSize: 2 },
        );
        await until(() => seen.flat().at(-1) === '4');
        assert.deepEqual(seen[1], seen[0]);
        assert.deepEqual(seen[2], seen[0]);
        assert.deepEqual(seen.slice(2).flat(), ['1', '2', '3', '4']);
      });

      it('that fails does not hold up other partitions', async () => {
        const [stuck, free] = await keyPerPartition();
        const handled: BusRecord[] = [];
        const partitionOfStuck = await partitionOf(stuck);
        await subscribe(async (slice) => {
          if (slice.partition === partitionOfStuck) throw new Error('the store is away');
          handled.push(...slice.records);
        });
        await bus.publish(topic, [record(stuck, '1'), record(free, '2')]);
        await until(() => valuesOf(free, handled).includes('2'));
        assert.deepEqual(valuesOf(stuck, handled), []);
      });

      it('that takes long does not hold up other partitions', async () => {
        const [slow, free] = await keyPerPartition();
        const handled: BusRecord[] = [];
        const gate = openable();
        const partitionOfSlow = await partitionOf(slow);
        await subscribe(async (slice) => {
          if (slice.partition === partitionOfSlow) await gate.opened;
          handled.push(...slice.records);
        });
        await bus.publish(topic, [record(slow, '1'), record(free, '2')]);
        await until(() => valuesOf(free, handled).includes('2'));
        assert.deepEqual(valuesOf(slow, handled), []);
        gate.open();
        await until(() => valuesOf(slow, handled).includes('1'));
      });

      it('is notified when its subscription closes, and is delivered whole to the next member if it was given up', async () => {
        const signals: AbortSignal[] = [];
        await bus.publish(topic, [record('a', '1'), record('a', '2')]);
        const { close } = await subscribe(async ({ signal }) => {
          signals.push(signal);
          if (!signal.aborted) await once(signal, 'abort');
          throw signal.reason;
        });
        await until(() => signals.length > 0);
        assert.equal(signals[0]?.aborted, false);
        await close();
        assert.deepEqual(
          signals.map(({ aborted }) => aborted),
          [true],
        );
        const { records } = await collect();
        await until(() => records.length === 2);
        assert.deepEqual(valuesOf('a', records), ['1', '2']);
      });

      it('is the only one of its partition at any time, and no larger than asked for', async () => {
        const busy = new Set<number>();
        let overlaps = 0;
        let largest = 0;
        let handled = 0;
        await subscribe(
          async (slice) => {
            if (busy.has(slice.partition)) overlaps += 1;
            busy.add(slice.partition);
            await new Promise((resolve) => setTimeout(resolve, 2));
            busy.delete(slice.partition);
            largest = Math.max(largest, slice.records.length);
            handled += slice.records.length;
          },
          { sliceSize: 3 },
        );
        for (let n = 0; n < 10; n++)
          await bus.publish(
            topic,
            ['a', 'b', 'c', 'd'].map((key) => record(key, `${n}`)),
          );
        await until(() => handled === 40);
        assert.equal(overlaps, 0);
        assert.ok(largest <= 3);
      });
    });

    describe('a record that no handler can use', () => {
      it('goes to the dead-letter queue with its bytes, its headers and the cause, and the next one is handled', async () => {
        const bytes = Buffer.from([0, 255, 1]);
        const usable: BusRecord[] = [];
        await bus.publish(topic, [
          { key: 'a', value: bytes, headers: { kept: 'yes', twice: ['1', '2'] } },
          record('a', 'good'),
        ]);
        const setAside: BusRecord[] = [];
        const subscription = await subscribe(
          async (slice) => {
            for (const each of slice.records) {
              if (String(each.value) === 'good') usable.push(each);
              else {
                setAside.push(each);
                slice.setAside(each, 'not JSON');
              }
            }
          },
          { sliceSize: 1 },
        );
        await until(() => usable.length === 1);
        await until(async () => (await subscription.lag()) === 0);
        const letters = await collect({ topics: [`${topic}.dlq.${group}`], group: `${group}-dlq` });
        await until(() => letters.records.length === 1);
        const [letter] = letters.records;
        assert.deepEqual(letter?.value, bytes);
        assert.deepEqual(letter?.key, Buffer.from('a'));
        assert.deepEqual(bytesOf(letter), {
          kept: Buffer.from('yes'),
          twice: [Buffer.from('1'), Buffer.from('2')],
          dlq_cause: Buffer.from('not JSON'),
          dlq_topic: Buffer.from(topic),
          dlq_partition: Buffer.from(String(setAside[0]?.partition)),
          dlq_offset: Buffer.from('0'),
        });
      });

      it('does not go to the dead-letter queue while the handler fails', async () => {
        await bus.publish(topic, [record('a', 'bad')]);
        let tries = 0;
        const subscription = await subscribe(async (slice) => {
          tries += 1;
          for (const each of slice.records) slice.setAside(each, 'bad');
          if (tries < 3) throw new Error('the store is away');
        });
        await until(async () => (await subscription.lag()) === 0);
        const letters = await collect({ topics: [`${topic}.dlq.${group}`], group: `${group}-dlq` });
        await until(() => letters.records.length > 0);
        assert.equal(tries, 3);
        await until(async () => (await letters.subscription.lag()) === 0);
        assert.equal(letters.records.length, 1);
      });
    });

    describe('members', () => {
      it('share the partitions of their group, each record handled by one of them', async () => {
        const one = await collect();
        const two = await collect();
        await until(async () => {
          await bus.publish(
            topic,
            Array.from({ length: 20 }, (_, n) => record(`key-${n}`, 'probe')),
          );
          return one.records.length > 0 && two.records.length > 0;
        });
        await until(async () => (await one.subscription.lag()) === 0);
        const handledBefore = one.records.length + two.records.length;
        await bus.publish(
          topic,
          Array.from({ length: 20 }, (_, n) => record(`key-${n}`, 'shared')),
        );
        await until(async () => (await one.subscription.lag()) === 0);
        const shared = [...one.records, ...two.records].filter(({ value }) => String(value) === 'shared');
        assert.equal(new Set(shared.map(({ key }) => String(key))).size, 20);
        assert.equal(one.records.length + two.records.length, handledBefore + 20);
      });

      it('take over when another closes', async () => {
        const one = await collect();
        const two = await collect();
        await one.subscription.close();
        const countOfOne = one.records.length;
        await bus.publish(
          topic,
          Array.from({ length: 20 }, (_, n) => record(`key-${n}`, '1')),
        );
        await until(() => two.records.length === 20);
        assert.equal(one.records.length, countOfOne);
      });

      it('finish the current slice, and store its position, before they close', async () => {
        const gate = openable();
        let started = false;
        let finished = false;
        await bus.publish(topic, [record('a', '1')]);
        const subscription = await subscribe(async () => {
          started = true;
          await gate.opened;
          finished = true;
        });
        await until(() => started);
        let closed = false;
        const closing = subscription.close().then(() => {
          closed = true;
        });
        await bus.publish(topic, [record('a', '2')]);
        assert.equal(closed, false);
        gate.open();
        await closing;
        assert.equal(finished, true);
        await subscription.close();
        const next = await collect();
        await until(() => next.records.length === 1);
        assert.deepEqual(valuesOf('a', next.records), ['2']);
      });

      it('close with their bus, which may be closed twice', async () => {
        const gate = openable();
        let started = false;
        let finished = false;
        await bus.publish(topic, [record('a', '1')]);
        await subscribe(async () => {
          started = true;
          await gate.opened;
          finished = true;
        });
        await until(() => started);
        const closing = bus.close();
        gate.open();
        await closing;
        await bus.close();
        assert.equal(finished, true);
        await assert.rejects(bus.publish(topic, [record('a', '2')]));
      });
    });

    describe('groups, as ops see them', () => {
      function numbered(many: number) {
        return Array.from({ length: many }, (_, n) => record(`key-${n}`, '1'));
      }

      it('report how many records they have read, even before they exist or without members', async () => {
        await bus.publish(topic, numbered(7));
        assert.deepEqual(await bus.progressOf(group, [topic]), { records: 7, read: 0, outOfRange: [] });
        const { subscription } = await collect();
        await until(async () => (await bus.progressOf(group, [topic])).read === 7);
        await subscription.close();
        await bus.publish(topic, numbered(2));
        assert.deepEqual(await bus.progressOf(group, [topic]), { records: 9, read: 7, outOfRange: [] });
        await assert.rejects(bus.progressOf(group, [`no-${topic}`]));
      });

      it('start at the beginning again once they were deleted, and other groups are unchanged', async () => {
        await bus.publish(topic, numbered(4));
        const other = await collect({ group: `${group}-other` });
        const first = await collect();
        await until(async () => (await first.subscription.lag()) === 0);
        await until(async () => (await other.subscription.lag()) === 0);
        await first.subscription.close();
        await bus.deleteGroup(group, [topic]);
        assert.equal((await bus.progressOf(group, [topic])).read, 0);
        assert.equal((await bus.progressOf(`${group}-other`, [topic])).read, 4);
        const again = await collect();
        await until(() => again.records.length === 4);
      });

      it('cannot be deleted while they have members; a group that does not exist may be deleted', async () => {
        const { subscription } = await collect();
        await assert.rejects(bus.deleteGroup(group, [topic]), ConsumerGroupInUseError);
        await subscription.close();
        await bus.deleteGroup(group, [topic]);
        await bus.deleteGroup(`${group}-never`, [topic]);
      });
    });

    describe('the records of one key', () => {
      it('can be read alone, in order, between two offsets, and no position moves', async () => {
        await bus.publish(
          topic,
          ['1', '2', '3'].flatMap((value) => ['a', 'b', 'c', 'd'].map((key) => record(key, value))),
        );
        const partition = await partitionOf('a');
        const all = await readAll(bus.readKey(topic, partition, 'a', 0));
        assert.deepEqual(valuesOf('a', all), ['1', '2', '3']);
        assert.equal(all.length, 3, 'of that key alone');
        const later = await readAll(bus.readKey(topic, partition, 'a', all[1]?.offset ?? 0));
        assert.deepEqual(valuesOf('a', later), ['2', '3']);
        const earlier = await readAll(bus.readKey(topic, partition, 'a', 0, all[2]?.offset ?? 0));
        assert.deepEqual(valuesOf('a', earlier), ['1', '2']);
        const { records } = await collect();
        await until(() => records.length === 12);
      });

      it('are in one partition, in order, with those of keys that begin with it and a slash', async () => {
        const keys = [
          'a',
          'a/1',
          'a/2',
          'a/1',
          'ab',
          'ab/1',
          'b/a',
          ...Array.from({ length: 20 }, (_, n) => `a/${n}`),
        ];
        await bus.publish(
          topic,
          keys.map((key) => record(key, key)),
        );
        const partition = await partitionOf('a');
        const found = await readAll(bus.readKey(topic, partition, 'a', 0));
        assert.deepEqual(
          found.map(({ value }) => String(value)),
          keys.filter((key) => /^a(\/|$)/.test(key)),
        );
      });

      it('end at the end of the partition, even if there are none', async () => {
        await bus.publish(topic, [record('a', '1')]);
        const partition = await partitionOf('a');
        assert.deepEqual(await readAll(bus.readKey(topic, partition, 'a', 1)), []);
        assert.deepEqual(await readAll(bus.readKey(topic, partition, 'nobody', 0)), []);
        assert.equal((await readAll(bus.readKey(topic, partition, 'a', 0, 99))).length, 1);
      });
    });

    async function partitionOf(key: string): Promise<number> {
      const { records, subscription } = await collect({ group: `${group}-where-${randomUUID()}` });
      await until(() => records.some((each) => String(each.key) === key));
      await subscription.close();
      const found = records.find((each) => String(each.key) === key);
      assert.ok(found);
      return found.partition;
    }
  });
}

/**
 * Returns the headers of a record with all values as buffers, because a bus may return ASCII text as a string.
 * Returns no headers if there is no record.
 */
function bytesOf(record: BusRecord | undefined): Readonly<Record<string, Buffer | readonly Buffer[]>> {
  const toBuffer = (value: Buffer | string) => Buffer.from(value);
  return Object.fromEntries(
    Object.entries(record?.headers ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' || Buffer.isBuffer(value) ? toBuffer(value) : value.map(toBuffer),
    ]),
  );
}

function record(key: string | null, value: string): OutgoingRecord {
  return {
    key,
    value: Buffer.from(value),
    headers: {},
  };
}

function valuesOf(key: string, records: readonly BusRecord[]): string[] {
  return records.filter((each) => String(each.key) === key).map(({ value }) => String(value));
}

async function readAll(records: AsyncIterable<BusRecord>): Promise<BusRecord[]> {
  return Array.fromAsync(records);
}

/** Waits until a condition is true, and fails at the deadline. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not within ${DEADLINE_MS} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Creates a promise that resolves when the test calls `open`. */
function openable(): { opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
