import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerProcess } from '../../support/server-process.ts';
import { createStartGate } from './start-gate.ts';
import { superviseProcess } from './supervisor.ts';

const LONG_MS = 600_000;

/** Simulates a process that ends, and becomes ready, when a test says so. */
function fakeProcess() {
  let launches = 1;
  let output = 'the last line\n';
  let ended = Promise.withResolvers<number | null>();
  let ready = Promise.withResolvers<void>();
  const instance: ServerProcess = {
    url: '',
    operations: '',
    output: () => output,
    pids: () => [],
    launch: () => {
      launches += 1;
      ended = Promise.withResolvers();
      ready = Promise.withResolvers();
    },
    ready: () => ready.promise,
    ended: () => ended.promise,
    signal: () => undefined,
    end: async () => {
      ended.resolve(null);
      return null;
    },
  };
  return {
    instance,
    launches: () => launches,
    exit: () => ended.resolve(1),
    print: (text: string) => {
      output += text;
    },
    becomeReady: () => ready.resolve(),
  };
}

function supervised() {
  const process = fakeProcess();
  const gate = createStartGate();
  const exits: string[] = [];
  const reports: string[] = [];
  function onEnd(name: string, lines: string): void {
    exits.push(name);
    reports.push(lines);
  }
  const one = superviseProcess('auth-1', process.instance, { onEnd, gate });
  return { ...process, gate, exits, reports, one };
}

describe('a supervised process', () => {
  test('is started again after it has ended by itself, and is reported', async () => {
    const { exit, launches, exits } = supervised();
    exit();
    await nextTurn();
    assert.deepEqual([launches(), exits], [2, ['auth-1']]);
  });

  test('is reported with its fatal error, even if it has logged much after that', async () => {
    const { exit, print, reports } = supervised();
    const fatal = '{"level":"fatal","msg":"why"}';
    print(`${fatal}\n${'{"level":"warn"}\n'.repeat(50)}`);
    exit();
    await nextTurn();
    const [first, ...others] = reports[0]?.split('\n') ?? [];
    assert.deepEqual([first, new Set(others)], [fatal, new Set(['{"level":"warn"}'])]);
  });

  test('is neither restarted nor reported after a kill, until it is told to start', async () => {
    const { one, launches, exits } = supervised();
    await one.kill();
    await nextTurn();
    assert.equal(launches(), 1);
    await one.start();
    assert.deepEqual([launches(), exits], [2, []]);
  });

  for (const outcome of ['becomeReady', 'exit'] as const)
    test(`is starting until it is ready or has ended: ${outcome}`, async () => {
      const { one, gate, [outcome]: settle } = supervised();
      await one.kill();
      await one.start();
      const happened: string[] = [];
      const cut = gate.whileClosed(async () => void happened.push('cut'), LONG_MS);
      await nextTurn();
      assert.deepEqual(happened, []);
      settle();
      await cut;
      assert.deepEqual(happened, ['cut']);
      one.release();
    });

  test('waits while the gate is closed, and is then started once', async () => {
    const { one, gate, exit, launches } = supervised();
    const cutting = Promise.withResolvers<void>();
    const cut = gate.whileClosed(() => cutting.promise, LONG_MS);
    exit();
    await nextTurn();
    await one.kill();
    const start = one.start();
    await nextTurn();
    assert.equal(launches(), 1);
    cutting.resolve();
    await Promise.all([cut, start]);
    await nextTurn();
    assert.equal(launches(), 2);
  });

  test('stays down from a kill until its start, although a restart was waiting before the kill', async () => {
    const { one, gate, exit, launches } = supervised();
    const cutting = Promise.withResolvers<void>();
    const cut = gate.whileClosed(() => cutting.promise, LONG_MS);
    exit();
    await nextTurn();
    await one.kill();
    cutting.resolve();
    await cut;
    await nextTurn();
    assert.equal(launches(), 1);
    await one.start();
    assert.equal(launches(), 2);
  });

  test('is not started any more once it was released, even if a start is waiting', async () => {
    const { one, gate, exit, launches } = supervised();
    const cutting = Promise.withResolvers<void>();
    const cut = gate.whileClosed(() => cutting.promise, LONG_MS);
    exit();
    await nextTurn();
    one.release();
    cutting.resolve();
    await cut;
    await nextTurn();
    assert.equal(launches(), 1);
    await gate.whileClosed(async () => undefined, LONG_MS);
  });
});
