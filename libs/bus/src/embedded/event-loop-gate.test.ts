import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createEventLoopGate } from './event-loop-gate.ts';

/**
 * Makes several callers wait for a gate at the same time, on a simulated clock.
 * @param durations for how many ms of the simulated clock each caller keeps the event loop busy once it is
 * admitted
 * @returns the number of the turn of the event loop in which each caller was admitted; the first turn is 0
 */
async function admitAll(durations: readonly number[]): Promise<readonly number[]> {
  let clock = 0;
  const admitted = createEventLoopGate(() => clock);
  let turn = 0;
  const order: number[] = [];
  const turns = durations.map(async (duration, index) => {
    await admitted();
    order.push(index);
    clock += duration;
    return turn;
  });
  for (; order.length < durations.length; await nextTurn()) turn += 1;
  assert.deepEqual(
    order,
    durations.map((_, index) => index),
  );
  const all = await Promise.all(turns);
  return all.map((each) => each - (all[0] ?? 0));
}

describe('callers of a gate', () => {
  test('are admitted in the same turn while they are quick', async () => {
    assert.deepEqual(await admitAll([1, 1, 1, 1]), [0, 0, 0, 0]);
  });

  test('are admitted in the next turn, in order, once a turn was used for 5 ms', async () => {
    assert.deepEqual(await admitAll([20, 3, 2, 20, 4, 4, 1]), [0, 1, 1, 2, 3, 3, 4]);
  });

  test('are admitted by turns, although one of them calls again at once', async () => {
    let clock = 0;
    const admitted = createEventLoopGate(() => clock);
    const order: string[] = [];
    async function loop(name: string): Promise<void> {
      for (let step = 0; step < 5; step += 1) {
        await admitted();
        order.push(name);
        clock += 6;
      }
    }
    await Promise.all([loop('a'), loop('b'), loop('c')]);
    assert.equal(order.join(''), 'abcabcabcabcabc');
  });
});
