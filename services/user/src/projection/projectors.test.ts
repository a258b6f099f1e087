import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogger } from '@latchkey/process';
import { createGenerationSubscriptions } from './projectors.ts';

/** Creates a fake log on which the test decides when subscriptions open. */
function scene() {
  const read = new Set<number>();
  let opened = 0;
  const gates = new Map<number, PromiseWithResolvers<void>>();
  const projectors = createGenerationSubscriptions({
    async subscribe(generation) {
      opened += 1;
      await gates.get(generation)?.promise;
      read.add(generation);
      return {
        lag: async () => 0,
        caughtUp: async () => true,
        healthy: () => true,
        faults: () => [],
        close: async () => void read.delete(generation),
      };
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  function hold(generation: number) {
    const gate = Promise.withResolvers<void>();
    gates.set(generation, gate);
    return gate;
  }
  return { projectors, hold, read: () => [...read].toSorted(), opened: () => opened };
}

describe('generations that are filled', () => {
  test('are those that the pointer names, from the start and whenever it moves', async () => {
    const { projectors, read } = scene();
    await projectors.start([1, 2]);
    assert.deepEqual(read(), [1, 2]);
    projectors.align([2, 3]);
    await nextTurn();
    assert.deepEqual(read(), [2, 3]);
    assert.equal(projectors.of(1), undefined);
    assert.notEqual(projectors.of(3), undefined);
    await projectors.stop();
    assert.deepEqual(read(), []);
  });

  test('are opened once, however often the pointer is looked at meanwhile', async () => {
    const { projectors, hold, read, opened } = scene();
    await projectors.start([1]);
    const gate = hold(2);
    projectors.align([1, 2]);
    projectors.align([1, 2]);
    gate.resolve();
    await nextTurn();
    projectors.align([1, 2]);
    assert.deepEqual(read(), [1, 2]);
    assert.equal(opened(), 2);
  });

  test('are opened later if they could not be opened before', async () => {
    const { projectors, hold, read } = scene();
    await projectors.start([1]);
    hold(2).reject(new Error('away'));
    projectors.align([1, 2]);
    await nextTurn();
    assert.deepEqual(read(), [1]);
    hold(2).resolve();
    projectors.align([1, 2]);
    await nextTurn();
    assert.deepEqual(read(), [1, 2]);
  });

  test('prevent the start of the service if one cannot be opened then', async () => {
    const { projectors, hold } = scene();
    hold(2).reject(new Error('away'));
    await assert.rejects(projectors.start([1, 2]), /away/);
  });

  test('are closed immediately if they are no longer needed when they open', async () => {
    const { projectors, hold, read } = scene();
    await projectors.start([1]);
    const [second, third] = [hold(2), hold(3)];
    projectors.align([1, 2, 3]);
    projectors.align([1, 3]);
    second.resolve();
    await nextTurn();
    assert.deepEqual(read(), [1]);
    await projectors.stop();
    third.resolve();
    await nextTurn();
    assert.deepEqual(read(), []);
  });
});
