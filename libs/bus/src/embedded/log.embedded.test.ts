import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Database } from '@latchkey/sqlite';
import type { BusRecord, OutgoingRecord } from '../bus.ts';
import { createEmbeddedBus, type EmbeddedBus } from './bus.embedded.ts';
import { openLogDatabase } from './database.fixture.ts';

let folder: string;
let database: Database;
let bus: EmbeddedBus;
let time: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-log-'));
  database = openLogDatabase({ folder, as: 'server' });
  time = Date.UTC(2030, 0, 1);
  bus = createEmbeddedBus({ database, now: () => new Date(time) });
  await bus.ensureTopics([
    { name: 'kept', partitions: 2, retentionMs: -1 },
    { name: 'short', partitions: 1, retentionMs: 1000 },
  ]);
});
afterEach(async () => {
  await bus.close();
  await database.close();
  await rm(folder, { recursive: true });
});

function record(value: string): OutgoingRecord {
  return { key: null, value: Buffer.from(value), headers: {} };
}
function offsets(topic: string) {
  return bus.records(topic, { limit: 10 }).map(({ offset }) => offset);
}

describe('the sweep', () => {
  it('deletes records that are past their retention; offsets, positions and lag remain correct', async () => {
    await bus.publish('short', [record('1'), record('2')]);
    await bus.publish('kept', [record('1')]);
    time += 600;
    await bus.publish('short', [record('3')]);
    time += 600;
    await bus.sweep();
    assert.deepEqual(offsets('short'), [2]);
    assert.deepEqual(offsets('kept'), [0]);

    time += 600;
    await bus.sweep();
    assert.deepEqual(offsets('short'), []);
    await bus.publish('short', [record('4')]);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const subscription = await bus.subscribe({
      topics: ['short'],
      group: 'late',
      handle: async ({ records }) => resolve(records[0]?.offset),
    });
    assert.equal(await subscription.lag(), 1);
    assert.equal(await promise, 3);
  });
});

describe('the topics page', () => {
  it('sees topics, and records by time or by offset, the newest last', async () => {
    for (const value of ['1', '2', '3', '4', '5', '6']) {
      time += 1;
      await bus.publish('kept', [record(value)]);
    }
    assert.deepEqual(
      bus.topics().map((topic) => ({ ...topic })),
      [
        { name: 'kept', partitions: 2, records: 6 },
        { name: 'short', partitions: 1, records: 0 },
      ],
    );
    function values(query: Parameters<EmbeddedBus['records']>[1]) {
      return bus.records('kept', query).map(({ value }) => String(value));
    }
    assert.deepEqual(values({ limit: 3 }), ['4', '5', '6']);
    assert.deepEqual(values({ limit: 2, partition: 0 }), ['3', '5']);
    assert.deepEqual(values({ limit: 2, partition: 1, offset: 0 }), ['2', '4']);
    assert.throws(() => bus.records('missing', { limit: 1 }), /missing does not exist/);
  });
});

describe('a subscription', () => {
  it('notices records that another process publishes', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    await bus.subscribe({
      topics: ['kept'],
      group: 'g',
      handle: async ({ records }) => resolve(String(records[0]?.value)),
    });
    const sharedDatabase = openLogDatabase({ folder, as: 'shared' });
    const other = createEmbeddedBus({ database: sharedDatabase });
    await other.publish('kept', [record('from elsewhere')]);
    assert.equal(await promise, 'from elsewhere');
    await other.close();
    await sharedDatabase.close();
  });

  it('notices such records while readers come and go', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    await bus.subscribe({
      topics: ['kept'],
      group: 'g',
      handle: async ({ records }) => resolve(String(records[0]?.value)),
    });
    const tail = await bus.tail('kept');
    const ranges = await tail.ranges();
    const readers = setInterval(() => void tail.grown(ranges, AbortSignal.timeout(50)), 100);
    const sharedDatabase = openLogDatabase({ folder, as: 'shared' });
    const other = createEmbeddedBus({ database: sharedDatabase });
    try {
      await other.publish('kept', [record('from elsewhere')]);
      assert.equal(await promise, 'from elsewhere');
    } finally {
      clearInterval(readers);
      await other.close();
      await sharedDatabase.close();
    }
  });
});

describe('a bus that is closed', () => {
  it('ends every wait for new records, and looks for none any more', { timeout: 120_000 }, async () => {
    const tail = await bus.tail('kept');
    const ranges = await tail.ranges();
    const { signal } = new AbortController();
    const waiting = tail.grown(ranges, signal);
    await bus.close();
    await assert.rejects(waiting, /bus is closed/);
    await assert.rejects(tail.grown(ranges, signal), /bus is closed/);
    await tail.grown(ranges, AbortSignal.abort());
  });
});

describe('records of keys, or with one of them in their value', () => {
  const ada = { key: 'ada', headers: { salt: 'a secret', type: 'x' } } as const;

  function withoutLovelace({ value, headers: { salt: _, ...headers } }: BusRecord) {
    return value?.includes('lovelace') ? { value: Buffer.from('nobody'), headers } : undefined;
  }

  function valuesOf(...topics: readonly string[]): readonly string[] {
    const records = topics.flatMap((topic) => bus.records(topic, { limit: 9999 }));
    return records.map(({ value }) => String(value)).toSorted();
  }

  it('are replaced in every topic, and nothing of them is in any file', async () => {
    await bus.publish('kept', [
      { ...ada, value: Buffer.from('lovelace 1') },
      { ...ada, key: 'ada/2', value: Buffer.from('unchanged') },
      { key: 'eve', value: Buffer.from('eve'), headers: {} },
      { ...ada, key: 'bob', value: Buffer.from('lovelace 3, by ada') },
      { ...ada, key: null, value: Buffer.from('by ada: lovelace 4') },
      { ...ada, key: 'a+b/3', value: Buffer.from('lovelace 5') },
      { ...ada, key: 'eve', value: Buffer.from('lovelace 6, by a+b') },
    ]);
    await bus.publish('short', [{ ...ada, key: 'ada/1', value: Buffer.from('lovelace 2') }]);
    await bus.replaceRecordsOf?.(['ada', 'a+b'], withoutLovelace);
    const records = ['kept', 'short'].flatMap((topic) => bus.records(topic, { limit: 10 }));
    assert.deepEqual(valuesOf('kept', 'short'), ['eve', ...Array(6).fill('nobody'), 'unchanged']);
    assert.deepEqual(
      records.map(({ headers }) => Object.keys(headers).length).toSorted(),
      [0, 1, 1, 1, 1, 1, 1, 2],
    );
    for (const file of await readdir(folder))
      assert.doesNotMatch(await readFile(join(folder, file), 'latin1'), /lovelace/);
  });

  it('are left as they are under other keys and values, also similar ones', async () => {
    const others = ['ad', 'adam', 'ada0', 'ada.', 'b/ada', null];
    await bus.publish(
      'kept',
      others.map((key) => ({ ...ada, key, value: Buffer.from('lovelace') })),
    );
    await bus.replaceRecordsOf?.(['ada'], withoutLovelace);
    await bus.replaceRecordsOf?.([], withoutLovelace);
    assert.deepEqual(
      valuesOf('kept'),
      others.map(() => 'lovelace'),
    );
  });

  it('are found by their key in a topic whose values are not searched', async () => {
    for (const topic of ['kept', 'short'])
      await bus.publish(topic, [
        { ...ada, key: 'ada/1', value: Buffer.from('lovelace 1') },
        { ...ada, key: 'eve', value: Buffer.from('lovelace 2, by ada') },
      ]);
    await bus.replaceRecordsOf?.(['ada'], withoutLovelace, { unsearched: ['kept'] });
    assert.deepEqual(valuesOf('kept'), ['lovelace 2, by ada', 'nobody']);
    assert.deepEqual(valuesOf('short'), ['nobody', 'nobody']);
  });

  it('are all replaced, however many there are', async () => {
    const keys = ['ada', 'ada/1', 'ada/1', 'ada/2', 'eve'];
    const records = Array.from({ length: 4100 }, (_, n) => ({
      ...ada,
      key: String(keys[n % keys.length]),
      value: Buffer.from('lovelace, by ada'),
    }));
    await bus.publish('kept', records);
    await bus.replaceRecordsOf?.(['ada'], withoutLovelace, { unsearched: ['kept'] });
    assert.deepEqual([...new Set(valuesOf('kept'))], ['lovelace, by ada', 'nobody']);
    assert.equal(valuesOf('kept').filter((value) => value === 'nobody').length, (4100 / 5) * 4);
    await bus.replaceRecordsOf?.(['ada'], withoutLovelace);
    assert.deepEqual(valuesOf('kept'), Array(4100).fill('nobody'));
  });
});
