import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeliveryAttemptResult } from '../delivery/attempt.ts';
import {
  type CircuitBreakerState,
  closedCircuitState,
  computeNextCircuitState,
  countClaimableDeliveries,
} from './circuit.ts';

describe('a mail server that is down', () => {
  function after(circuit: CircuitBreakerState, result: DeliveryAttemptResult, now: number) {
    return computeNextCircuitState(circuit, { result, now, random: 0, refusedInARow: 0, connections: 5 });
  }
  const failure = { stage: 'connect', words: 'ECONNREFUSED' } as const;
  function load(now: number, inHand: number) {
    return { now, inHand, concurrency: 10 };
  }
  const open = after(closedCircuitState, { kind: 'unreachable', failure }, 0);

  it('is probed with one mail, about a second later', () => {
    assert.equal(countClaimableDeliveries(open, load(700, 0)), 0);
    assert.equal(countClaimableDeliveries(open, load(1_000, 0)), 1);
    assert.equal(countClaimableDeliveries(open, load(1_000, 1)), 0);
  });

  it('gets all other mails as soon as it has replied at all', () => {
    for (const result of [
      { kind: 'accepted' },
      { kind: 'refused', failure },
      { kind: 'deferred', failure },
    ] as const) {
      assert.equal(countClaimableDeliveries(after(open, result, 1_000), load(1_000, 3)), 7);
    }
  });

  it('is probed less often if it refuses us', () => {
    const unwelcome: CircuitBreakerState = after(closedCircuitState, { kind: 'unwelcome', failure }, 0);
    assert.equal(countClaimableDeliveries(unwelcome, load(10_000, 0)), 0);
    assert.equal(countClaimableDeliveries(unwelcome, load(15_000, 0)), 1);
  });

  it('gets another probe when the last one has no result for long', () => {
    assert.equal(countClaimableDeliveries(open, load(10_000, 1)), 0);
    assert.equal(countClaimableDeliveries(open, load(12_000, 1)), 1);
    assert.equal(countClaimableDeliveries(open, load(12_000, 2)), 0);
  });

  it('that refuses further connections is down only if it refuses the only one', () => {
    const busy = { result: { kind: 'busy', failure }, now: 0, random: 0, refusedInARow: 0 } as const;
    assert.equal(
      computeNextCircuitState(closedCircuitState, { ...busy, connections: 2 }),
      closedCircuitState,
    );
    assert.equal(computeNextCircuitState(closedCircuitState, { ...busy, connections: 1 }).state, 'open');
    assert.equal(computeNextCircuitState(open, { ...busy, connections: 2 }).state, 'open');
  });

  it('that refuses several recipients in a row is probed less and less often, until it accepts one', () => {
    const rejected = { result: { kind: 'rejected', failure }, now: 0, random: 0, connections: 5 } as const;
    assert.equal(
      computeNextCircuitState(closedCircuitState, { ...rejected, refusedInARow: 2 }),
      closedCircuitState,
    );
    const probes = [3, 4, 5, 10].map((refusedInARow) => {
      const circuit = computeNextCircuitState(closedCircuitState, { ...rejected, refusedInARow });
      return circuit.state === 'open' && circuit.probeAt;
    });
    assert.deepEqual(probes, [750, 1_500, 3_000, 11_250]);
    const refusing = computeNextCircuitState(closedCircuitState, { ...rejected, refusedInARow: 3 });
    const others = { now: 1, random: 0, connections: 5, refusedInARow: 3 };
    assert.equal(computeNextCircuitState(refusing, { ...others, result: { kind: 'welcome' } }), refusing);
    assert.equal(
      computeNextCircuitState(refusing, { ...others, result: { kind: 'accepted' } }),
      closedCircuitState,
    );
  });

  it('is not considered up because of attempts that never reached it', () => {
    assert.equal(after(open, { kind: 'too-late' }, 1_000), open);
    assert.equal(after(open, { kind: 'unknown-key', keyId: 'k' }, 1_000), open);
  });
});
