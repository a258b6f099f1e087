import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { computeRetryDelayMs, type DeliveryAttemptResult, decideDeliveryOutcome } from './attempt.ts';
import { computeSendDeadline } from './delivery.ts';
import type { AttemptFailureDetails } from './reply.ts';

const MINUTE = 60_000;
const NOW = new Date('2026-11-21T10:00:00.000Z');
function later(ms: number): Date {
  return new Date(NOW.getTime() + ms);
}
function aLink(ms: number) {
  return { purpose: 'reset', sealed: 'e.y.j', expiresAt: later(ms).toISOString() } as const;
}

describe('how long a mail may be sent', () => {
  it('a notice: 72 h from its event', () => {
    assert.deepEqual(computeSendDeadline(NOW, undefined), later(72 * 60 * MINUTE));
  });

  it('a link: until 5 minutes before it ends', () => {
    assert.deepEqual(computeSendDeadline(NOW, aLink(60 * MINUTE)), later(55 * MINUTE));
  });

  it('a link that lives for less than 10 minutes: for half of its life', () => {
    assert.deepEqual(computeSendDeadline(NOW, aLink(4 * MINUTE)), later(2 * MINUTE));
  });
});

describe('what becomes of a delivery', () => {
  const delivery = { tries: 0 };
  const atRcpt: AttemptFailureDetails = {
    stage: 'rcpt',
    code: 550,
    enhanced: '5.1.1',
    words: 'no such user',
  };
  const atGreeting: AttemptFailureDetails = { stage: 'greeting', code: 421 };
  function after(result: DeliveryAttemptResult) {
    return decideDeliveryOutcome(delivery, {
      result,
      at: NOW,
      ms: 5,
      now: later(5),
      sender: 'host:1',
      random: 0.5,
    });
  }

  it('is final when it is accepted, permanently refused, sealed for another event, broken or too late', () => {
    const results = ['accepted', 'too-late', 'mismatch', 'broken'] as const;
    assert.deepEqual(
      results.map((kind) => after({ kind }).state),
      ['sent', 'expired', 'failed', 'failed'],
    );
    assert.equal(after({ kind: 'refused', failure: atRcpt }).state, 'failed');
  });

  it('is retried later, which counts as an attempt, when it is refused because of us, deferred, or cannot be rendered', () => {
    const kinds = ['undecided', 'rejected', 'deferred', 'busy'] as const;
    const failed = kinds.map((kind): DeliveryAttemptResult => ({ kind, failure: atRcpt }));
    for (const result of [...failed, { kind: 'unknown-key', keyId: 'k' }, { kind: 'broken-mail' }] as const) {
      const settlement = after(result);
      assert.ok(settlement.state === 'pending' && settlement.counts && settlement.dueAt > later(500));
    }
  });

  it('is not held back when the server is down', () => {
    const kinds = ['unreachable', 'unwelcome', 'busy'] as const;
    const failed = kinds.map((kind): DeliveryAttemptResult => ({ kind, failure: atGreeting }));
    for (const result of [...failed, { kind: 'withdrawn' }] as const) {
      const settlement = after(result);
      assert.ok(settlement.state === 'pending' && !settlement.counts && settlement.dueAt <= later(1_600));
    }
  });

  it('stores the server’s reply with the attempt', () => {
    const { attempt } = after({ kind: 'rejected', failure: atRcpt });
    assert.deepEqual(attempt, { at: NOW, ms: 5, result: 'rejected', sender: 'host:1', ...atRcpt });
  });

  it('waits twice as long each time, up to 10 minutes, with a random half', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (tries, random) => {
          const ceiling = Math.min(10 * MINUTE, 2_000 * 2 ** tries);
          const delay = computeRetryDelayMs(tries, random);
          assert.ok(delay >= ceiling / 2 && delay <= ceiling);
        },
      ),
    );
  });
});
