import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALL_CLIENTS_TARGET, createHitCounter } from './hits.ts';
import { createWorkCounters } from './work.ts';

/** Returns how many hits are counted for a fault while all targets in `busy` have work. */
async function hitsOf(fault: string, target: string, busy: readonly string[]): Promise<number> {
  const work = createWorkCounters();
  const countHits = createHitCounter({
    work,
    behind: async (consumer) => (busy.includes(`${consumer} is behind`) ? 1 : 0),
  });
  const count = countHits(fault, target);
  for (const each of busy) work(each).begin();
  count.begun();
  return count.end();
}

const EVERYTHING = [
  ALL_CLIENTS_TARGET,
  'auth-1',
  'auth-2',
  'user-1',
  'notifier-1',
  'standalone',
  'broker-1',
  'mongodb',
  'smtp',
  'user is behind',
  'notifier is behind',
  'subscriber is behind',
];

describe('a fault hits', () => {
  const own: readonly (readonly [fault: string, target: string, ...work: readonly string[]])[] = [
    ['kill-auth', 'auth-1', 'auth-1'],
    ['pause-auth', 'auth-1', 'auth-1'],
    ['kill-user', 'user-1', 'user-1', 'user is behind'],
    ['pause-notifier', 'notifier-1', 'notifier-1', 'notifier is behind'],
    ['kill-standalone', 'standalone', 'standalone'],
    ['kill-broker', 'broker-1', 'broker-1'],
    ['slow-broker', 'broker-1', 'broker-1'],
    ['cut-mongodb', 'mongodb', 'mongodb'],
    ['smtp-stalls', 'smtp', 'smtp'],
    ['full-disk', 'disk', 'standalone'],
    ['clock-ahead', 'clock-of-auth-1', 'auth-1'],
    ['kill-subscriber', 'subscriber', 'subscriber is behind'],
    ['forge-records', 'topic unsigned', ALL_CLIENTS_TARGET],
    ['ops-verify', 'ops-verify', ALL_CLIENTS_TARGET],
  ];
  for (const [fault, target, ...work] of own)
    test(`work of its target alone: ${fault}`, async () => {
      assert.equal(await hitsOf(fault, target, EVERYTHING), work.length);
      for (const each of work) assert.equal(await hitsOf(fault, target, [each]), 1, each);
      assert.equal(
        await hitsOf(
          fault,
          target,
          EVERYTHING.filter((each) => !work.includes(each)),
        ),
        0,
      );
    });

  test('only what was in progress when it killed something', async () => {
    const work = createWorkCounters();
    const countHits = createHitCounter({ work, behind: async () => 0 });
    const [kill, pause] = [countHits('kill-auth', 'auth-1'), countHits('pause-auth', 'auth-1')];
    kill.begun();
    pause.begun();
    work('auth-1').begin();
    assert.deepEqual([await kill.end(), await pause.end()], [0, 1]);
  });
});
