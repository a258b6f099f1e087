import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import { createMisledCommits } from './misled-commits.ts';

const NOT_COORDINATOR = 16;
const REBALANCE_IN_PROGRESS = 27;

function prepare() {
  let time = 0;
  let rejoined = 0;
  const misled = createMisledCommits({
    rejoinAfterMs: 10,
    now: () => time,
    rejoin: () => {
      rejoined += 1;
    },
  });
  return {
    settled: misled.settled,
    refused(at: number, code = NOT_COORDINATOR) {
      time = at;
      misled.refused(createErrorFromCode(code));
      return rejoined;
    },
  };
}

test('positions that another coordinator refuses for long enough make the consumer join anew, once', () => {
  const { refused } = prepare();
  assert.deepEqual(
    [0, 5, 9, 10, 11, 19, 21].map((at) => refused(at)),
    [0, 0, 0, 1, 1, 1, 2],
  );
});

test('a position that is kept, or a group that is joined, begins the time anew', () => {
  const { refused, settled } = prepare();
  refused(0);
  settled();
  assert.equal(refused(10), 0);
  assert.equal(refused(20), 1);
});

test('what mends itself counts for nothing', () => {
  const { refused } = prepare();
  assert.equal(refused(0, REBALANCE_IN_PROGRESS), 0);
  assert.equal(refused(100, REBALANCE_IN_PROGRESS), 0);
  assert.equal(refused(200), 0);
});
