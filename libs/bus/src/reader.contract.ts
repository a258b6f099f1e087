import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Bus, OutgoingRecord } from './bus.ts';
import type { LogReader } from './reader.ts';

/** The log that the contract tests use; each adapter's test file provides one. */
export interface LogUnderTest {
  readonly bus: Bus;
  readonly reader: LogReader;
  /** Closes all open connections, and deletes the topics that the test created. */
  close(): Promise<void>;
}

function record(key: string | null, value: string): OutgoingRecord {
  return {
    key,
    value: Buffer.from(value),
    headers: {},
  };
}

/**
 * Defines tests of the guarantees of a LogReader, which every adapter must pass. Topics have new names in
 * each test.
 */
export function logReaderContract(name: string, openLog: () => Promise<LogUnderTest>): void {
  describe(`the reader of the ${name} log`, () => {
    let under: LogUnderTest;
    let topic: string;

    beforeEach(async () => {
      under = await openLog();
      topic = `t-${randomUUID()}`;
      await under.bus.ensureTopics([{ name: topic, partitions: 3, retentionMs: -1 }]);
    });
    afterEach(() => under.close());

    async function readAll() {
      const found = [];
      for (const range of await under.reader.ranges(topic)) {
        for await (const run of under.reader.read(topic, range)) {
          assert.notEqual(run.length, 0);
          found.push(...run);
        }
      }
      return found;
    }

    it('lists the existing topics', async () => {
      const another = `${topic}-another`;
      await under.bus.ensureTopics([{ name: another, partitions: 1, retentionMs: -1 }]);
      const names = await under.reader.topics();
      assert.deepEqual(names, names.toSorted());
      assert.deepEqual(
        names.filter((name) => name.startsWith(topic)),
        [topic, another],
      );
    });

    it('returns the range of offsets of each partition', async () => {
      assert.deepEqual(
        await under.reader.ranges(topic),
        [0, 1, 2].map((partition) => ({ partition, start: 0, end: 0 })),
      );
      await under.bus.publish(topic, [record('a', '1'), record('a', '2')]);
      const ends = (await under.reader.ranges(topic)).map(({ end }) => end);
      assert.deepEqual(ends.toSorted(), [0, 0, 2]);
    });

    it('reads every record once, in the order of each partition', async () => {
      const many = Array.from({ length: 2500 }, (_, n) => record(`key-${n % 7}`, String(n)));
      await under.bus.publish(topic, many);
      const found = await readAll();
      assert.equal(found.length, many.length);
      for (const [partition, records] of Map.groupBy(found, (each) => each.partition)) {
        const offsets = records.map(({ offset }) => offset);
        assert.deepEqual(
          offsets,
          offsets.map((_, index) => index),
          `partition ${partition}`,
        );
        for (const ofKey of Map.groupBy(records, ({ key }) => String(key)).values()) {
          const values = ofKey.map(({ value }) => Number(String(value)));
          assert.deepEqual(
            values,
            values.toSorted((a, b) => a - b),
          );
        }
      }
    });

    it('reads a part of a partition, and nothing of an empty one', async () => {
      await under.bus.publish(
        topic,
        Array.from({ length: 9 }, (_, n) => record('a', String(n))),
      );
      const whole = (await under.reader.ranges(topic)).find(({ end }) => end === 9);
      assert.ok(whole);
      const part = await Array.fromAsync(under.reader.read(topic, { ...whole, start: 3, end: 6 }));
      assert.deepEqual(
        part.flat().map(({ value }) => String(value)),
        ['3', '4', '5'],
      );
      assert.deepEqual(await Array.fromAsync(under.reader.read(topic, { ...whole, start: 9 })), []);
    });

    it('refuses a topic that does not exist', async () => {
      await assert.rejects(under.reader.ranges(`${topic}-missing`));
    });
  });
}
