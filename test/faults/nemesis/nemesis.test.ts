import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultLine } from '../run-folder.ts';
import { type Fault, type FaultsByKind, runFaultPlan } from './nemesis.ts';
import { FAULT_KINDS, type FaultKind, type PlannedFault } from './schedule.ts';

function planned(fault: FaultKind, atMs: number, target = 0): PlannedFault {
  return {
    fault,
    target,
    atMs,
    forMs: 10,
  };
}

function trial(begin: (name: string) => Promise<void> = async () => undefined) {
  const happened: string[] = [];
  const lines: FaultLine[] = [];
  const stopping = new AbortController();
  function faultOf(kind: FaultKind): Fault {
    return {
      target: (index) => `target-${index}`,
      begin: async (index) => {
        happened.push(`${kind} ${index}`);
        await begin(kind);
        return async () => void happened.push(`${kind} is healed`);
      },
    };
  }
  const faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, faultOf(kind)])) as FaultsByKind;
  const deps = {
    faults,
    countHits: () => ({ begun: () => undefined, end: () => 2 }),
    record: (line: FaultLine) => void lines.push(line),
    signal: stopping.signal,
    // Stop the clock: on a busy machine, a fault could otherwise begin so late that the nemesis would skip it.
    now: () => 0,
  };
  return { happened, lines, stopping, play: (...plan: PlannedFault[][]) => runFaultPlan(plan, deps) };
}

describe('the nemesis', () => {
  test('causes the faults of a lane one after the other, and records each once it is healed', async () => {
    const { happened, lines, play } = trial();
    await play([planned('kill-auth', 0, 1), planned('pause-auth', 0)]);
    assert.deepEqual(happened, [
      'kill-auth 1',
      'kill-auth is healed',
      'pause-auth 0',
      'pause-auth is healed',
    ]);
    assert.deepEqual(
      lines.map(({ fault, target }) => [fault, target]),
      [
        ['kill-auth', 'target-1'],
        ['pause-auth', 'target-0'],
      ],
    );
    for (const { at, until } of lines) assert.ok(Date.parse(at) <= Date.parse(until ?? ''));
  });

  test('records what was observed while a fault lasted', async () => {
    const order: string[] = [];
    const lines: FaultLine[] = [];
    const readiness = { answeredMs: 7, down: ['journal: the disk is full'] };
    const fault: Fault = {
      target: () => 'disk',
      begin: async () => {
        order.push('begun');
        return async () => void order.push('healed');
      },
      watch: () => {
        order.push('watched');
        return async () => {
          order.push('seen');
          return readiness;
        };
      },
    };
    await runFaultPlan([[planned('full-disk', 0)]], {
      faults: { 'full-disk': fault },
      countHits: () => ({
        begun: () => void order.push('counted'),
        end: () => {
          order.push('hit');
          return 1;
        },
      }),
      record: (line) => void lines.push(line),
      signal: new AbortController().signal,
      now: () => 0,
    });
    assert.deepEqual(order, ['begun', 'counted', 'watched', 'seen', 'hit', 'healed']);
    assert.deepEqual(
      lines.map((line) => line.readiness),
      [readiness],
    );
  });

  test('writes down what a fault has hit, and nothing for a fault that was not caused', async () => {
    const lines: FaultLine[] = [];
    const target = () => 'ops-verify';
    await runFaultPlan([[planned('ops-verify', 0), planned('ops-rebuild', 0)]], {
      faults: {
        'ops-verify': { target, begin: async () => async () => undefined },
        'ops-rebuild': { target, begin: async () => undefined },
      },
      countHits: () => ({ begun: () => undefined, end: async () => 3 }),
      record: (line) => void lines.push(line),
      signal: new AbortController().signal,
      now: () => 0,
    });
    assert.deepEqual(
      lines.map(({ fault, hits }) => [fault, hits]),
      [
        ['ops-verify', 3],
        ['ops-rebuild', 0],
      ],
    );
  });

  test('skips faults that would begin too late', async () => {
    const { happened, play } = trial();
    await play([planned('kill-auth', 0), planned('kill-user', -60_000)]);
    assert.deepEqual(happened, ['kill-auth 0', 'kill-auth is healed']);
  });

  test('heals all faults and begins no others when it is stopped', async () => {
    const { happened, stopping, play } = trial(async () => stopping.abort());
    await play([{ ...planned('kill-auth', 0), forMs: 60_000 }, planned('kill-user', 60_010)]);
    assert.deepEqual(happened, ['kill-auth 0', 'kill-auth is healed']);
  });

  test('stops in every lane if a fault cannot be caused, and says why', async () => {
    const begun = Promise.withResolvers<void>();
    const { happened, play } = trial(async (kind) => {
      if (kind === 'kill-auth') return begun.resolve();
      await begun.promise;
      throw new Error('there is no broker');
    });
    const lanes = [[planned('kill-broker', 0)], [{ ...planned('kill-auth', 0), forMs: 60_000 }]];
    await assert.rejects(play(...lanes), /there is no broker/);
    assert.deepEqual(happened.toSorted(), ['kill-auth 0', 'kill-auth is healed', 'kill-broker 0']);
  });
});
