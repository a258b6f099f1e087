import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '@latchkey/sqlite';
import type { OutgoingRecord } from './bus.ts';
import { type DeadLetter, openDeadLetterQueues, type RecordPosition } from './dead-letter-queues.ts';
import { createEmbeddedBus } from './embedded/bus.embedded.ts';
import { createEmbeddedLogReader } from './embedded/reader.embedded.ts';

const AT = new Date('2026-03-01T12:00:00.000Z');

/** Opens a log whose consumer groups turn every record into a dead letter. */
async function openLog(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-letters-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database, now: () => AT });
  const reader = createEmbeddedLogReader(database);
  context.after(async () => {
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });
  await bus.ensureTopics([{ name: 'things', partitions: 2, retentionMs: -1 }]);

  /** Publishes records, and resolves once the group has turned all records into dead letters. */
  async function setAside(group: string, ...records: readonly OutgoingRecord[]): Promise<void> {
    await bus.publish('things', records);
    const subscription = await bus.subscribe({
      topics: ['things'],
      group,
      handle: async (slice) => {
        for (const record of slice.records) slice.setAside(record, `no good for ${group}`);
      },
    });
    const { promise: empty, resolve } = Promise.withResolvers<void>();
    async function look(): Promise<void> {
      return (await subscription.lag()) === 0 ? resolve() : void setImmediate(look);
    }
    await look();
    await empty;
    await subscription.close();
  }
  return { bus, setAside, box: openDeadLetterQueues({ bus, reader }) };
}

function record(value: string, headers: OutgoingRecord['headers'] = {}): OutgoingRecord {
  return {
    key: 'a',
    value: Buffer.from(value),
    headers,
  };
}

function values(letters: readonly DeadLetter[]) {
  return letters.map(({ record: { value } }) => String(value));
}
function inA(offset: number): RecordPosition {
  return { topic: 'things.dlq.a', partition: 0, offset };
}

test('a dead letter has the group that could not use the record, the cause, and its position', async (context) => {
  const { setAside, box } = await openLog(context);
  assert.deepEqual(await box.list({ limit: 9 }), []);
  await setAside('a', record('1'), record('2', { kept: 'yes' }));
  const letters = await box.list({ limit: 9 });
  assert.deepEqual(values(letters), ['1', '2']);
  const [, second] = letters;
  assert.deepEqual(second?.place, inA(1));
  assert.deepEqual([second.group, second.cause], ['a', 'no good for a']);
  assert.deepEqual([second.origin?.topic, second.origin?.offset], ['things', 1]);
  assert.equal(String(second.record.headers['kept']), 'yes');
  assert.deepEqual(second.record.timestamp, AT);
  assert.deepEqual(await box.find(inA(1)), second);
});

test('dead letters of every group are listed page by page', async (context) => {
  const { setAside, box } = await openLog(context);
  await setAside('a', record('1'), record('2'), record('3'));
  await setAside('b');
  const paged: string[] = [];
  let after: RecordPosition | undefined;
  // The first three pages contain all dead letters. Request a fourth page as well, because it must be
  // empty.
  for (let pages = 0; pages < 4; pages += 1) {
    const page = await box.list({ limit: 2, ...(after && { after }) });
    assert.ok(page.length <= 2);
    paged.push(...page.map(({ group, record: { value } }) => `${group}${value}`));
    after = page.at(-1)?.place ?? after;
  }
  assert.deepEqual(paged, ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
});

test('a discarded dead letter is no longer listed, but the others are; it can still be found', async (context) => {
  const { setAside, box } = await openLog(context);
  await setAside('a', record('1'), record('2'), record('3'));
  assert.equal(await box.discard(inA(1)), true);
  assert.deepEqual(values(await box.list({ limit: 9 })), ['1', '3']);
  assert.deepEqual(values(await box.list({ limit: 9, after: inA(0) })), ['3']);
  assert.equal(await box.discard(inA(1)), false);
  assert.equal(String((await box.find(inA(1)))?.record.value), '2');
  await setAside('a', record('4'));
  assert.deepEqual(values(await box.list({ limit: 9 })), ['1', '3', '4']);
});

test('a record that is no dead letter can be neither found nor discarded', async (context) => {
  const { bus, setAside, box } = await openLog(context);
  await setAside('a', record('1'));
  await box.discard(inA(0));
  const markerAndOthers = [
    inA(1),
    inA(2),
    { ...inA(0), partition: 1 },
    { ...inA(0), topic: 'things' },
    { ...inA(0), topic: 'things.dlq.nobody' },
  ];
  for (const place of markerAndOthers) {
    assert.equal(await box.find(place), undefined);
    await assert.rejects(box.discard(place), /no such dead letter/);
  }
  assert.equal(bus.records('things.dlq.a', { limit: 9 }).length, 2);
});

test('no record can pass for a marker by the headers that it came with', async (context) => {
  const { setAside, box } = await openLog(context);
  const forged = record('forged', { dlq_discards: '0/0', dlq_cause: 'mine', dlq_offset: 'x' });
  await setAside('a', record('1'), forged);
  const letters = await box.list({ limit: 9 });
  assert.deepEqual(values(letters), ['1', 'forged']);
  assert.deepEqual(
    letters.map(({ cause }) => cause),
    ['no good for a', 'no good for a'],
  );
});

test('a record that another program wrote to the queue is listed, without the fields that it lacks', async (context) => {
  const { bus, setAside, box } = await openLog(context);
  await setAside('a', record('1'));
  await bus.publish('things.dlq.a', [record('stray', { dlq_topic: 'things' })]);
  const [, stray] = await box.list({ limit: 9 });
  assert.deepEqual([stray?.cause, stray?.origin], ['not said', undefined]);
});
