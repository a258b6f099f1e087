import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import { createStaleCoordinatorWatch } from './stale-coordinator.ts';

const NOT_COORDINATOR = 16;
const REBALANCE_IN_PROGRESS = 27;

function prepare() {
  let time = 0;
  let rejoined = 0;
  const coordinator = createStaleCoordinatorWatch({
    rejoinAfterMs: 10,
    now: () => time,
    rejoin: () => {
      rejoined += 1;
    },
  });
  return {
    reset: coordinator.reset,
    commitFailed(at: number, code = NOT_COORDINATOR) {
      time = at;
      coordinator.commitFailed(createErrorFromCode(code));
      return rejoined;
    },
  };
}

test('rejoins once after another coordinator has rejected commits for long enough', () => {
  const { commitFailed } = prepare();
  assert.deepEqual(
    [0, 5, 9, 10, 11, 19, 21].map((at) => commitFailed(at)),
    [0, 0, 0, 1, 1, 1, 2],
  );
});

test('starts over after a successful commit or a join', () => {
  const { commitFailed, reset } = prepare();
  commitFailed(0);
  reset();
  assert.equal(commitFailed(10), 0);
  assert.equal(commitFailed(20), 1);
});

test('ignores errors that kafkajs recovers from', () => {
  const { commitFailed } = prepare();
  assert.equal(commitFailed(0, REBALANCE_IN_PROGRESS), 0);
  assert.equal(commitFailed(100, REBALANCE_IN_PROGRESS), 0);
  assert.equal(commitFailed(200), 0);
});
