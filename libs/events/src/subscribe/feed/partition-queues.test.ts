import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BusRecord, PartitionSlice } from '@latchkey/bus';
import { createPartitionQueues } from './partition-queues.ts';

function record(partition: number, offset: number): BusRecord {
  return {
    topic: 't',
    partition,
    offset,
    timestamp: new Date(0),
    key: Buffer.from('k'),
    value: null,
    headers: {},
  };
}

/** Opens queues. The test decides when the handler of each slice ends. */
function open() {
  const stopping = new AbortController();
  const slices: { readonly name: string; readonly finish: PromiseWithResolvers<void> }[] = [];
  const warnings: object[] = [];
  const queues = createPartitionQueues({
    options: {
      sliceSize: 2,
      handle({ partition, records }: PartitionSlice) {
        const finish = Promise.withResolvers<void>();
        slices.push({ name: `${partition}: ${records.map(({ offset }) => offset).join()}`, finish });
        return finish.promise;
      },
    },
    logger: { warn: (fields) => void warnings.push(fields) },
    signal: stopping.signal,
  });
  return {
    ...queues,
    slices,
    warnings,
    stop: () => stopping.abort(),
    names: () => slices.map(({ name }) => name),
  };
}

async function turn(): Promise<void> {
  await new Promise(setImmediate);
}

describe('the queues of partitions', () => {
  test('are handled independently, each in order, slice by slice', async () => {
    const { add, slices, names } = open();
    const first = add([record(0, 0), record(0, 1), record(0, 2), record(1, 0)]);
    const second = add([record(0, 3), record(1, 1)]);
    await turn();
    assert.deepEqual(names(), ['0: 0,1', '1: 0']);
    slices[1]?.finish.resolve();
    await turn();
    assert.deepEqual(names().slice(2), ['1: 1']);
    slices[0]?.finish.resolve();
    await turn();
    assert.deepEqual(names().slice(3), ['0: 2']);
    for (const { finish } of slices) finish.resolve();
    assert.equal(await first, true);
    await turn();
    assert.deepEqual(names().slice(4), ['0: 3']);
    slices[4]?.finish.resolve();
    assert.equal(await second, true);
  });

  test('deliver a slice again when its handler rejects', async () => {
    const { add, slices, names, warnings } = open();
    const added = add([record(0, 0)]);
    await turn();
    slices[0]?.finish.reject(new Error('away'));
    while (slices.length < 2) await turn();
    slices[1]?.finish.resolve();
    assert.equal(await added, true);
    assert.deepEqual(names(), ['0: 0', '0: 0']);
    assert.equal(warnings.length, 1);
  });

  test('begin no slice after the stop, and say which records were handled', async () => {
    const { add, slices, names, stop } = open();
    const first = add([record(0, 0)]);
    const second = add([record(0, 1)]);
    await turn();
    stop();
    slices[0]?.finish.resolve();
    assert.equal(await first, true);
    assert.equal(await second, false);
    assert.deepEqual(names(), ['0: 0']);
  });
});
