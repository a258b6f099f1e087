import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TryResult } from '../delivery/attempt.ts';
import { afterResult, type Circuit, capacity, closed } from './circuit.ts';

describe('a mail server that is away', () => {
  function after(circuit: Circuit, result: TryResult, now: number) {
    return afterResult(circuit, { result, now, random: 0 });
  }
  function load(now: number, inHand: number) {
    return { now, inHand, concurrency: 10 };
  }
  const open = after(closed, { kind: 'unreachable' }, 0);

  it('is probed with one mail, about a second later', () => {
    assert.equal(capacity(open, load(700, 0)), 0);
    assert.equal(capacity(open, load(1_000, 0)), 1);
    assert.equal(capacity(open, load(1_000, 1)), 0);
  });

  it('gets all the others at once when it has answered anything at all', () => {
    for (const result of [
      { kind: 'accepted' },
      { kind: 'refused', code: 550 },
      { kind: 'deferred' },
    ] as const) {
      assert.equal(capacity(after(open, result, 1_000), load(1_000, 3)), 7);
    }
  });

  it('is left alone for longer when it refuses us', () => {
    const unwelcome: Circuit = after(closed, { kind: 'unwelcome' }, 0);
    assert.equal(capacity(unwelcome, load(10_000, 0)), 0);
    assert.equal(capacity(unwelcome, load(15_000, 0)), 1);
  });

  it('is not taken for back because of what never reached it', () => {
    assert.equal(after(open, { kind: 'too-late' }, 1_000), open);
    assert.equal(after(open, { kind: 'unknown-key' }, 1_000), open);
  });
});
