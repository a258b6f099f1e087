import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { BusUnderTest } from './bus.contract.ts';
import type { OutgoingRecord } from './bus.ts';

function record(key: string, value: number): OutgoingRecord {
  return { key, value: Buffer.from(String(value)), headers: {} };
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}

/**
 * Defines tests of the guarantees of a LogTail, which every adapter must pass. Topics have new names in each
 * test.
 */
export function logTailContract(name: string, openBus: () => Promise<BusUnderTest>): void {
  describe(`the tail of the ${name} log`, () => {
    let under: BusUnderTest;
    let topic: string;

    beforeEach(async () => {
      under = await openBus();
      topic = `t-${randomUUID()}`;
      await under.bus.ensureTopics([{ name: topic, partitions: 3, retentionMs: -1 }]);
    });
    afterEach(() => under.close());

    it('reads a partition piece by piece, from any place', async () => {
      const tail = await under.bus.tail(topic);
      const many = numbers(0, 700);
      await under.bus.publish(
        topic,
        many.map((n) => record('a', n)),
      );
      const partition = await tail.partitionOf('a');
      async function end(): Promise<number> {
        return (await tail.ranges())[partition]?.end ?? 0;
      }
      while ((await end()) < many.length) await tail.grown(await tail.ranges(), AbortSignal.timeout(50));
      async function readFrom(start: number, limit: number): Promise<readonly number[]> {
        const found: number[] = [];
        for (let offset = start; offset < many.length; ) {
          const records = await tail.read(partition, offset, limit);
          assert.ok(records.length > 0 && records.length <= limit);
          found.push(...records.map(({ value }) => Number(String(value))));
          offset = (records.at(-1)?.offset ?? 0) + 1;
        }
        return found;
      }
      assert.deepEqual(await readFrom(0, 64), many);
      assert.deepEqual(await readFrom(650, 1000), numbers(650, 700));
      assert.deepEqual(await Promise.all([readFrom(3, 7), readFrom(500, 33)]), [
        numbers(3, 700),
        numbers(500, 700),
      ]);
      assert.deepEqual(await tail.read(partition, many.length, 10), []);
    });

    it('notices new records, and gives up when it is told to', async () => {
      const tail = await under.bus.tail(topic);
      const before = await tail.ranges();
      assert.deepEqual(
        before,
        [0, 1, 2].map((partition) => ({ partition, start: 0, end: 0 })),
      );
      const grown = tail.grown(before, new AbortController().signal);
      await under.bus.publish(topic, [record('a', 1)]);
      await grown;
      await tail.grown(before, new AbortController().signal);
      const giveUp = new AbortController();
      const ends = numbers(0, 3).map((partition) => ({ partition, start: 0, end: 9 }));
      const waiting = tail.grown(ends, giveUp.signal);
      giveUp.abort();
      await waiting;
      await tail.grown(ends, giveUp.signal);
    });

    it('has the same id after a restart, and a different id for another topic', async () => {
      const { id } = await under.bus.tail(topic);
      const another = `${topic}-another`;
      await under.bus.ensureTopics([{ name: another, partitions: 1, retentionMs: -1 }]);
      assert.notEqual((await under.bus.tail(another)).id, id);
      assert.equal((await (await under.reopen()).tail(topic)).id, id);
    });

    it('refuses a topic that does not exist', async () => {
      await assert.rejects(under.bus.tail(`${topic}-missing`));
    });
  });
}
