import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { OutgoingRecord } from '../bus.ts';
import { splitIntoBatches, toBusRecord } from './records.ts';

const LIMIT = 1000;

function record(size: number): OutgoingRecord {
  return { key: 'k', value: Buffer.alloc(size), headers: {} };
}
function bytesOf(run: readonly OutgoingRecord[]) {
  return run.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
}

describe('a large publish', () => {
  it('is cut into runs that fit, in order, with nothing left out and no run without need', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1500 })), (sizes) => {
        const records = sizes.map(record);
        const runs = splitIntoBatches(records, LIMIT);
        assert.deepEqual(runs.flat(), records);
        for (const [at, run] of runs.entries()) {
          assert.ok(run.length > 0);
          assert.ok(run.length === 1 || bytesOf(run) <= LIMIT);
          const next = runs[at + 1]?.slice(0, 1) ?? [];
          assert.ok(next.length === 0 || bytesOf([...run, ...next]) + 70 * (run.length + 1) > LIMIT);
        }
      }),
    );
  });

  it('counts keys and headers too', () => {
    const headers = { name: ['x'.repeat(300), 'y'.repeat(300)] };
    const records = [
      { key: null, value: null, headers },
      { key: null, value: null, headers },
    ];
    assert.equal(splitIntoBatches(records, LIMIT).length, 2);
    assert.equal(splitIntoBatches(records, 3 * LIMIT).length, 1);
  });
});

describe('a fetched record', () => {
  it('keeps repeated headers, and one without a value as an empty one', () => {
    const bytes = Buffer.from([0, 255]);
    const headers = { one: bytes, many: [bytes, Buffer.from('text')], none: undefined };
    const { offset, timestamp, ...rest } = toBusRecord('t', 2, {
      key: null,
      value: bytes,
      timestamp: '1700000000000',
      attributes: 0,
      offset: '9007199254740991',
      headers,
    });
    assert.equal(offset, Number.MAX_SAFE_INTEGER);
    assert.equal(timestamp.toISOString(), '2023-11-14T22:13:20.000Z');
    assert.deepEqual(rest, {
      topic: 't',
      partition: 2,
      key: null,
      value: bytes,
      headers: { one: bytes, many: [bytes, Buffer.from('text')], none: Buffer.alloc(0) },
    });
  });
});
