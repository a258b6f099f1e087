import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProcessSuspensionDetector } from './suspension.ts';

const EVERY_MS = 1000;

/**
 * Creates a detector with a simulated clock. Returns a function that advances the clock by the given time,
 * calls the detector, and returns its result.
 */
function createDetector() {
  let now = 500;
  const wasSuspended = createProcessSuspensionDetector(EVERY_MS, () => now);
  return (ms: number) => {
    now += ms;
    return wasSuspended();
  };
}

test('a process that is called in time, or a little late, was not suspended', () => {
  const wasSuspendedAfter = createDetector();
  for (const ms of [EVERY_MS, 0, 2 * EVERY_MS, EVERY_MS]) assert.equal(wasSuspendedAfter(ms), false, `${ms}`);
});

test('a process that is called after more than twice the time was suspended, once', () => {
  const wasSuspendedAfter = createDetector();
  assert.equal(wasSuspendedAfter(2 * EVERY_MS + 1), true);
  assert.equal(wasSuspendedAfter(EVERY_MS), false);
  assert.equal(wasSuspendedAfter(60_000), true);
});
