import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTurns } from './turns.ts';

describe('turns', () => {
  test('of one account come one after the other, also behind one that failed', async () => {
    const turns = createTurns();
    const log: string[] = [];
    function work(name: string) {
      return async () => {
        log.push(`${name} begins`);
        await nextTurn();
        log.push(`${name} ends`);
        if (name === 'one') throw new Error('away');
        return name;
      };
    }
    const results = await Promise.allSettled(
      ['one', 'two', 'three'].map((name) => turns.take('ada', work(name))),
    );
    assert.deepEqual(log, ['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
      ['away', 'two', 'three'],
    );
  });

  test('of two accounts do not wait for each other', async () => {
    const turns = createTurns();
    const gate = Promise.withResolvers<void>();
    const held = turns.take('ada', () => gate.promise);
    assert.equal(await turns.take('bob', async () => 'done'), 'done');
    gate.resolve();
    await held;
  });
});
