import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { minimumCountsFor } from './minimums.ts';
import { planFaults } from './nemesis/schedule.ts';
import { SHORT_RUN } from './settings.ts';

function minimums(seconds: number, rate = 12, embedded = false) {
  return minimumCountsFor(
    { seconds, rate, mix: 'everything', embedded },
    planFaults({ seed: SHORT_RUN.seed, seconds }).flat(),
  );
}

describe('the minimum counts of a run', () => {
  test('are low for the short run, which must pass on a busy machine', () => {
    const { sent, acknowledged, hits, duplicates } = minimums(SHORT_RUN.seconds);
    assert.equal(acknowledged['sign-up'], 1);
    assert.equal(sent, 45);
    for (const [op, least] of Object.entries(acknowledged)) assert.ok(least <= 2, op);
    assert.deepEqual([hits, duplicates], [{}, 0]);
  });

  test('are a fraction of the plan for a long run, with every kind of fault', () => {
    const { acknowledged, hits, kindsOfFaults, duplicates } = minimums(600);
    assert.ok((acknowledged['profile'] ?? 0) > 50);
    for (const least of Object.values(acknowledged)) assert.ok(least > 0);
    assert.equal(hits['kill-auth'], 1);
    assert.ok(kindsOfFaults > 5);
    assert.equal(duplicates, 1);
  });

  test('include erasures that were carried out in a long run, and at least one in a standalone', () => {
    assert.equal(minimums(SHORT_RUN.seconds, 12, true).erased, 0);
    assert.equal(minimums(240, 1, true).erased, 1);
    assert.equal(minimums(240, 1).erased, 0);
    assert.equal(minimums(600, 40).erased, 4);
  });

  test('are never zero', () => {
    const { acknowledged, kindsOfFaults } = minimums(30, 0.1);
    assert.ok((acknowledged['sign-up'] ?? 0) > 0);
    assert.ok(kindsOfFaults > 0);
  });
});
