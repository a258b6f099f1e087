import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { linearize, type Operation } from './linearizable.ts';

/** An operation on a register that holds a number: called at `from`, with a response at `to`. */
type Step = { readonly from: number; readonly to: number; readonly optional?: boolean } & (
  | { readonly write: number }
  | { readonly read: number }
);

function operation(step: Step, index: number): Operation<number> {
  return {
    name: `step ${index}`,
    calledAt: step.from,
    returnedAt: step.to,
    optional: step.optional ?? false,
    readOnly: 'read' in step,
    apply: (state) => {
      if ('write' in step) return step.write;
      return state === step.read ? state : undefined;
    },
  };
}

function verdictOn(steps: readonly Step[], budget = 10_000) {
  return linearize(steps.map(operation), { initial: 0, keyOf: String, budget });
}

/**
 * Decides by trying every order whether a history is linearizable. A reference implementation for the test.
 */
function isLinearizable(steps: readonly Step[], state = 0): boolean {
  if (steps.every(({ optional }) => optional)) return true;
  const deadline = Math.min(...steps.filter(({ optional }) => !optional).map(({ to }) => to));
  return steps.some((step, index) => {
    const next = operation(step, index).apply(state);
    return step.from <= deadline && next !== undefined && isLinearizable(steps.toSpliced(index, 1), next);
  });
}

describe('a history of one register', () => {
  const impossible = { kind: 'impossible' } as const;
  function kindOf(...steps: readonly Step[]) {
    return verdictOn(steps).kind;
  }

  test('is linearizable if each read returns the last write', () => {
    assert.equal(kindOf({ from: 0, to: 1, write: 1 }, { from: 2, to: 3, read: 1 }), 'linearizable');
    assert.equal(kindOf({ from: 0, to: 1, write: 1 }, { from: 2, to: 3, read: 0 }), impossible.kind);
  });

  test('may have a read before or after a write at the same time', () => {
    for (const read of [0, 1])
      assert.equal(kindOf({ from: 0, to: 5, write: 1 }, { from: 2, to: 3, read }), 'linearizable');
  });

  test('is not linearizable if a read returns an older value than an earlier read', () => {
    const write = { from: 0, to: 9, write: 1 };
    assert.equal(kindOf(write, { from: 1, to: 2, read: 1 }, { from: 3, to: 4, read: 0 }), impossible.kind);
  });

  test('may have a write without a response take effect at any later time, or never', () => {
    const lost = { from: 0, to: Number.POSITIVE_INFINITY, write: 1, optional: true };
    for (const read of [0, 1]) assert.equal(kindOf(lost, { from: 7, to: 8, read }), 'linearizable');
    assert.equal(kindOf({ from: 7, to: 8, read: 1 }, { ...lost, from: 9 }), impossible.kind);
  });

  test('names an operation that cannot be placed', () => {
    const verdict = verdictOn([
      { from: 0, to: 1, write: 1 },
      { from: 2, to: 3, read: 5 },
    ]);
    assert.deepEqual(verdict, { kind: 'impossible', stuckAt: 'step 1' });
  });

  test('is left undecided if the search takes too long', () => {
    const writes = Array.from({ length: 12 }, (_, write) => ({ from: 0, to: 9, write }));
    assert.equal(verdictOn([...writes, { from: 10, to: 11, read: 99 }], 50).kind, 'undecided');
  });
});

test('the search finds an order if and only if there is one', () => {
  const step = fc
    .record({
      from: fc.nat(8),
      lasts: fc.nat(4),
      value: fc.nat(2),
      isWrite: fc.boolean(),
      optional: fc.boolean(),
    })
    .map(({ from, lasts, value, isWrite, optional }): Step => {
      const times = { from, to: from + lasts };
      return isWrite ? { ...times, write: value, optional } : { ...times, read: value };
    });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const { kind } = verdictOn(steps);
      assert.equal(kind, isLinearizable(steps) ? 'linearizable' : 'impossible');
    }),
    { numRuns: 500 },
  );
});
