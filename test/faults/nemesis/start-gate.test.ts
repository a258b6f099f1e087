import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createStartGate } from './start-gate.ts';

const LONG_MS = 600_000;

describe('the gate of starts', () => {
  test('lets processes start at the same time', async () => {
    const gate = createStartGate();
    const [one, other] = await Promise.all([gate.beginStart(), gate.beginStart()]);
    assert.ok(one !== other);
  });

  test('is closed only after the last start has ended', async () => {
    const gate = createStartGate();
    const happened: string[] = [];
    const ends = [await gate.beginStart(), await gate.beginStart()];
    const cut = gate.whileClosed(async () => void happened.push('cut'), LONG_MS);
    for (const end of ends) {
      await nextTurn();
      happened.push('a start has ended');
      end();
      end();
    }
    await cut;
    assert.deepEqual(happened, ['a start has ended', 'a start has ended', 'cut']);
  });

  test('lets no process start while it is closed, or waits to be closed', async () => {
    const gate = createStartGate();
    const happened: string[] = [];
    const cutting = Promise.withResolvers<void>();
    const end = await gate.beginStart();
    const cut = gate.whileClosed(async () => {
      happened.push('cut begins');
      await cutting.promise;
      happened.push('cut ends');
    }, LONG_MS);
    const start = gate.beginStart().then(() => void happened.push('start'));
    await nextTurn();
    assert.deepEqual(happened, []);
    end();
    await nextTurn();
    assert.deepEqual(happened, ['cut begins']);
    cutting.resolve();
    await Promise.all([cut, start]);
    assert.deepEqual(happened, ['cut begins', 'cut ends', 'start']);
  });

  test('is closed for one caller at a time', async () => {
    const gate = createStartGate();
    const happened: string[] = [];
    async function work(): Promise<void> {
      happened.push('begins');
      await nextTurn();
      happened.push('ends');
    }
    await Promise.all([gate.whileClosed(work, LONG_MS), gate.whileClosed(work, LONG_MS)]);
    assert.deepEqual(happened, ['begins', 'ends', 'begins', 'ends']);
  });

  test('opens again if a start takes too long, or if the work fails', async () => {
    const gate = createStartGate();
    const end = await gate.beginStart();
    const never = gate.whileClosed(() => assert.fail('a process is starting'), 1);
    await assert.rejects(never, /1 processes are still starting/);
    end();
    await assert.rejects(
      gate.whileClosed(async () => {
        throw new Error('there is no broker');
      }, LONG_MS),
      /there is no broker/,
    );
    await gate.beginStart();
  });
});
