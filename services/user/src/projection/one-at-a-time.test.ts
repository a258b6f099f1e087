import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runCallsOneAtATime } from './one-at-a-time.ts';

test('work is done in order, one at a time, also after one that failed', async () => {
  const begun: number[] = [];
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const work = runCallsOneAtATime(async (number: number) => {
    begun.push(number);
    await gates[number - 1]?.promise;
  });
  const [first, second, third] = [work(1), work(2), work(3)];
  await nextTurn();
  assert.deepEqual(begun, [1]);
  gates[0]?.reject(new Error('away'));
  await assert.rejects(first, /away/);
  await nextTurn();
  assert.deepEqual(begun, [1, 2]);
  gates[1]?.resolve();
  gates[2]?.resolve();
  await Promise.all([second, third]);
  assert.deepEqual(begun, [1, 2, 3]);
});
