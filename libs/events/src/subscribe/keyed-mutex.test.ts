import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createKeyedMutex } from './keyed-mutex.ts';

describe('work on one key', () => {
  test('runs one piece at a time, also after one that failed', async () => {
    const mutex = createKeyedMutex();
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
      ['one', 'two', 'three'].map((name) => mutex.run('ada', work(name))),
    );
    assert.deepEqual(log, ['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
      ['away', 'two', 'three'],
    );
  });

  test('does not wait for work on another key', async () => {
    const mutex = createKeyedMutex();
    const gate = Promise.withResolvers<void>();
    const held = mutex.run('ada', () => gate.promise);
    assert.equal(await mutex.run('bob', async () => 'done'), 'done');
    gate.resolve();
    await held;
  });
});
