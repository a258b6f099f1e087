import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PartitionOffsets } from './groups.ts';
import { createGroupPositionWatch } from './position-watch.ts';

function createWatch() {
  const time = { ms: 0 };
  const reported: string[] = [];
  const watch = createGroupPositionWatch({
    group: 'user',
    onFault: (fault) => reported.push(fault),
    now: () => time.ms,
  });
  function look(offsets: Partial<PartitionOffsets>): void {
    watch.look(new Map([['a 0', { start: 0, position: 0, end: 0, ...offsets }]]));
  }
  return { time, reported, watch, look };
}

describe('a position', () => {
  for (const [what, offsets] of Object.entries({
    'before what the partition holds': { start: 7, position: 7, end: 9, stored: 5 },
    'after what the partition holds': { start: 0, position: 0, end: 4, stored: 5 },
  })) {
    test(`${what} is reported once, and stays a fault`, () => {
      const { watch, look, reported } = createWatch();
      look(offsets);
      look(offsets);
      const { start, end } = offsets;
      const fault = `Group user was at offset 5 of a 0, which now has the offsets ${start} to ${end}: records were deleted, or the topic was recreated.`;
      assert.deepEqual(reported, [fault]);
      look({ start, position: end, end, stored: end });
      assert.deepEqual(watch.faults(), [fault]);
    });
  }

  test('at either end of the partition, or of a new group, is no fault', () => {
    const { watch, look } = createWatch();
    look({ start: 5, position: 5, end: 5, stored: 5 });
    look({ start: 5, position: 9, end: 9, stored: 9 });
    assert.deepEqual(watch.faults(), []);
    const another = createWatch();
    another.look({ start: 5, position: 5, end: 9 });
    assert.deepEqual(another.watch.faults(), []);
  });

  test('of a group without positions that has read before is a fault until the group has read everything again', () => {
    const { watch, look, reported } = createWatch();
    look({ end: 9 });
    watch.noteForgotten();
    look({ position: 8, end: 12, stored: 8 });
    assert.deepEqual(watch.faults(), reported);
    assert.match(reported.join(), /^Group user has no positions, although it has read before/);
    look({ position: 9, end: 12, stored: 9 });
    assert.deepEqual(watch.faults(), []);
    assert.equal(reported.length, 1);
  });

  test('that is no longer there is reported once, and stays a fault', () => {
    const { watch, look, reported } = createWatch();
    look({ end: 9 });
    assert.deepEqual(watch.faults(), []);
    look({ position: 5, end: 9, stored: 5 });
    look({ end: 9 });
    look({ end: 9 });
    const fault =
      'Group user was at offset 5 of a 0, but now has no position there: the position was deleted or has expired.';
    assert.deepEqual([reported, watch.faults()], [[fault], [fault]]);
  });

  test('is doubted once its partition was too short twice in a row, as after a topic was recreated', () => {
    const { watch, look, reported } = createWatch();
    const before = { position: 5, end: 9, stored: 5 };
    look(before);
    look({ ...before, end: 8 });
    look(before);
    look({ ...before, end: 8 });
    assert.deepEqual(watch.faults(), []);
    look({ ...before, end: 8 });
    look({ ...before, end: 8 });
    const fault =
      'a 0 ended at offset 9, but now ends at 8: the topic was recreated, or has lost records that group user may have read.';
    assert.deepEqual([reported, watch.faults()], [[fault], [fault]]);
  });

  test('that has not moved for a minute is a fault while records wait, until it moves', () => {
    const { time, watch, look, reported } = createWatch();
    look({ position: 3, end: 8, stored: 3 });
    time.ms = 59_999;
    look({ position: 3, end: 9, stored: 3 });
    assert.deepEqual(watch.faults(), []);
    time.ms = 60_000;
    look({ position: 3, end: 9, stored: 3 });
    look({ position: 3, end: 9, stored: 3 });
    const fault = 'Group user has not moved from offset 3 of a 0 for a minute, although 6 records wait.';
    assert.deepEqual([watch.faults(), reported], [[fault], [fault]]);
    look({ position: 4, end: 9, stored: 4 });
    assert.deepEqual(watch.faults(), []);
  });

  test('that has nothing to read may stay where it is', () => {
    const { time, watch, look } = createWatch();
    look({ position: 3, end: 3, stored: 3 });
    time.ms = 600_000;
    look({ position: 3, end: 4, stored: 3 });
    assert.deepEqual(watch.faults(), []);
  });
});
