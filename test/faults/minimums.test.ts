import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeMinimumCounts } from './minimums.ts';
import { type FaultKind, type PlannedFault, planFaults } from './nemesis/schedule.ts';
import { SHORT_RUN } from './settings.ts';

function minimums(seconds: number, rate = 12, embedded = false) {
  return computeMinimumCounts(
    { seconds, rate, mix: 'everything', embedded, move: false },
    planFaults({ seed: SHORT_RUN.seed, seconds }).flat(),
  );
}

/**
 * Returns a planned fault.
 * @param at the time at which the fault begins, in seconds
 * @param lasts the duration of the fault, in seconds
 */
function planned(fault: FaultKind, at: number, lasts = 1): PlannedFault {
  return { fault, target: 0, atMs: at * 1000, forMs: lasts * 1000 };
}

describe('the minimum counts of a run', () => {
  test('is a share of what was planned, however short the run is', () => {
    for (const seconds of [SHORT_RUN.seconds, 180, 600]) {
      const { acknowledged, hitsOnGroups, kindsOfFaults, sent } = minimums(seconds);
      assert.equal(sent, Math.floor((seconds * 12) / 20));
      assert.ok((acknowledged['profile'] ?? 0) >= (seconds / 2) * 12 * 0.32 * (1 / 40) - 1, `${seconds} s`);
      assert.ok((acknowledged['refresh'] ?? 0) > 0, `${seconds} s`);
      assert.ok((hitsOnGroups['mail server'] ?? 0) > 0, `${seconds} s`);
      assert.ok(kindsOfFaults > 5, `${seconds} s`);
    }
  });

  test('includes each frequent kind of action, fault and group in a long run', () => {
    const { acknowledged, hits, hitsOnGroups, duplicates } = minimums(600);
    for (const [op, least] of Object.entries(acknowledged)) assert.ok(least > 0, op);
    for (const kind of ['kill-auth', 'pause-user', 'lose-produce-answers', 'smtp-4xx'])
      assert.equal(hits[kind], 1, kind);
    for (const group of [
      'auth',
      'user',
      'notifier',
      'brokers',
      'stores',
      'mail server',
      'clocks',
      'operators',
    ])
      assert.equal(hitsOnGroups[group], 1, group);
    assert.equal(duplicates, 1);
  });

  test('includes only the kinds and groups of faults that were planned often', () => {
    function hitsIn(plan: readonly FaultKind[], lasts = 7) {
      const faults = plan.map((fault, index) => planned(fault, index * 20, lasts));
      const { hits, hitsOnGroups } = computeMinimumCounts(
        { seconds: 75, rate: 12, mix: 'everything', embedded: false, move: false },
        faults,
      );
      return [hits, hitsOnGroups];
    }
    assert.deepEqual(hitsIn(['smtp-4xx', 'smtp-4xx']), [{}, {}]);
    assert.deepEqual(hitsIn(['smtp-4xx', 'smtp-5xx', 'smtp-stalls']), [{}, { 'mail server': 1 }]);
    assert.deepEqual(hitsIn(['smtp-4xx', 'smtp-4xx', 'smtp-4xx']), [{ 'smtp-4xx': 1 }, { 'mail server': 1 }]);
    assert.deepEqual(hitsIn(['smtp-4xx', 'smtp-4xx', 'smtp-4xx'], 6), [{}, { 'mail server': 1 }]);
    assert.deepEqual(hitsIn(['ops-verify', 'ops-verify', 'ops-verify'], 0), [
      { 'ops-verify': 1 },
      { operators: 1 },
    ]);
    // A plan with only three kills does not require that one of them hits work, because a kill hits only the
    // work that is in progress at one moment.
    assert.deepEqual(hitsIn(['kill-auth', 'kill-auth', 'kill-auth']), [{}, { auth: 1 }]);
  });

  test('does not include the time of planned outages', () => {
    function profiles(...outages: readonly PlannedFault[]): number {
      const run = { seconds: 100, rate: 100, mix: 'everything', embedded: false, move: false } as const;
      return computeMinimumCounts(run, outages).acknowledged['profile'] ?? 0;
    }
    assert.equal(profiles(), 80);
    assert.equal(profiles(planned('smtp-stalls', 0, 50)), 80);
    assert.equal(profiles(planned('stop-mongodb', 0, 50)), 40);
    assert.equal(profiles(planned('stop-mongodb', 0, 50), planned('pause-standalone', 25, 50)), 20);
    assert.equal(profiles(planned('stop-mongodb', 0, 50), planned('full-disk', 10, 20)), 40);
  });

  test('includes erasures that were carried out, of which a standalone has more', () => {
    assert.equal(minimums(SHORT_RUN.seconds, 12, true).erased, 0);
    assert.ok(minimums(600, 40).erased >= 2);
    assert.ok(minimums(600, 40, true).erased > minimums(600, 40).erased);
  });

  test('are never zero', () => {
    const { acknowledged, kindsOfFaults } = minimums(30, 0.1);
    assert.ok((acknowledged['sign-up'] ?? 0) > 0);
    assert.ok(kindsOfFaults > 0);
  });
});
