import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BusUnderTest, busContract } from '../bus.contract.ts';
import { logTailContract } from '../tail.contract.ts';
import { createEmbeddedBus } from './bus.embedded.ts';
import { openLogDatabase } from './database.fixture.ts';

async function openBus(): Promise<BusUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bus-'));
  function open() {
    const database = openLogDatabase({ folder, as: 'server' });
    return { database, bus: createEmbeddedBus({ database }) };
  }
  let current = open();
  async function shut() {
    await current.bus.close();
    await current.database.close();
  }
  return {
    bus: current.bus,
    async reopen() {
      await shut();
      current = open();
      return current.bus;
    },
    async close() {
      await shut();
      await rm(folder, { recursive: true });
    },
  };
}

busContract('embedded', openBus);
logTailContract('embedded', openBus);

describe('the embedded log lets other work run', () => {
  const topic = { name: 'many', partitions: 4, retentionMs: -1 };
  const records = Array.from({ length: 1200 }, (_, n) => ({
    key: `${n}`,
    value: Buffer.from(`${n}`),
    headers: {},
  }));
  let bus: BusUnderTest;
  let turn: number;
  let counter: NodeJS.Immediate;

  beforeEach(async () => {
    bus = await openBus();
    await bus.bus.ensureTopics([topic]);
    turn = 0;
    counter = setImmediate(function count() {
      turn += 1;
      counter = setImmediate(count);
    });
  });
  afterEach(async () => {
    clearImmediate(counter);
    await bus.close();
  });

  /**
   * Reads all records. Returns for each slice the number of its records, and the number of the turn of the
   * event loop in which the slice was handled.
   */
  async function readAll(handle: () => void) {
    const slices: { readonly size: number; readonly turn: number }[] = [];
    await bus.bus.subscribe({
      topics: [topic.name],
      group: 'readers',
      sliceSize: 1000,
      async handle(slice) {
        slices.push({ size: slice.records.length, turn });
        handle();
      },
    });
    while (slices.reduce((sum, { size }) => sum + size, 0) < records.length) await nextTurn();
    return slices;
  }

  test('while it appends many records', async () => {
    await bus.bus.publish(topic.name, records);
    assert.ok(turn >= 4, `${turn} turns`);
    const slices = await readAll(() => undefined);
    assert.equal(
      slices.reduce((sum, { size }) => sum + size, 0),
      records.length,
    );
  });

  test('between the slices of different partitions, which have at most 100 records', async () => {
    await bus.bus.publish(topic.name, records);
    const slices = await readAll(() => {
      const until = performance.now() + 10;
      while (performance.now() < until);
    });
    assert.ok(slices.every(({ size }) => size <= 100));
    assert.ok(slices.length >= 12);
    assert.equal(new Set(slices.map((slice) => slice.turn)).size, slices.length);
  });

  test('between reads of the end of a topic, which return at most 100 records', async () => {
    const oneKey = records.slice(0, 300).map((record) => ({ ...record, key: 'one' }));
    await bus.bus.publish(topic.name, oneKey);
    const tail = await bus.bus.tail(topic.name);
    const partition = await tail.partitionOf('one');
    assert.equal((await tail.read(partition, 0, 1000)).length, 100);
    assert.equal((await tail.read(partition, 250, 1000)).length, 50);
  });
});
