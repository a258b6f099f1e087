import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClockGuard, createMetricsRegistry } from '@latchkey/process';
import { captureLog } from '@latchkey/process/testing';
import { StoreUnavailable } from '@latchkey/store';
import { createClockWatch } from './clock-watch.ts';

const START = Date.parse('2026-03-01T12:00:00.000Z');

function createWatch() {
  const time = { wall: START, elapsed: 0, server: START, isAway: false };
  const registry = createMetricsRegistry();
  const log = captureLog();
  const guard = createClockGuard({
    now: () => time.wall,
    elapsed: () => time.elapsed,
    unconfirmed: 'Not compared yet.',
  });
  const watch = createClockWatch({
    storeName: 'mongodb',
    async readStoreClock() {
      if (time.isAway) throw new StoreUnavailable(new Error('away'));
      return new Date(time.server);
    },
    guard,
    logger: log.logger,
    registry,
    now: () => time.wall,
    monotonic: () => time.elapsed,
  });
  return { time, registry, log, guard, watch };
}

describe('the clock of a process', () => {
  test('is compared with the clock of the store', async () => {
    const { time, registry, watch } = createWatch();
    time.server = START + 12_000;
    await watch.compare();
    assert.match(await registry.metrics(), /latchkey_clock_skew_seconds\{against="mongodb"\} -12\n/);
    assert.deepEqual(watch.health(), { name: 'clock', needed: false, state: 'ok' });
    watch.close();
  });

  test('is reported once it differs by more than half a minute, in one line of the log', async () => {
    const { time, log, watch } = createWatch();
    time.server = START - 31_000;
    await watch.compare();
    await watch.compare();
    assert.deepEqual(watch.health(), {
      name: 'clock',
      needed: false,
      state: 'degraded',
      detail: '31 s ahead of mongodb.',
    });
    assert.equal(log.lines().length, 1);
    watch.close();
  });

  test('is found to be behind by the times of records, but never to be ahead', async () => {
    const { time, registry, watch } = createWatch();
    await watch.compare();
    watch.observe(new Date(START - 3_600_000));
    assert.match(await registry.metrics(), /latchkey_clock_skew_seconds\{against="records"\} 0\n/);
    watch.observe(new Date(START + 40_000));
    watch.observe(new Date(START));
    assert.equal(watch.health().detail, '40 s behind records.');
    time.elapsed += 60_000;
    watch.observe(new Date(START));
    assert.equal(watch.health().state, 'ok');
    watch.close();
  });

  test('that was set is trusted again once the store agrees with it', async () => {
    const { time, watch } = createWatch();
    time.wall += 3_600_000;
    await watch.compare();
    assert.match(
      watch.health().detail ?? '',
      /^3600 s ahead of mongodb\. The clock was set forward by 3600 s/,
    );
    time.server = time.wall;
    await watch.compare();
    assert.equal(watch.health().state, 'ok');
    watch.close();
  });

  for (const [by, words] of [
    [20 * 86_400_000, '1728000 s ahead of'],
    [-31_000, '31 s behind'],
  ] as const)
    test(`is not trusted, from the start on, while it is ${words} mongodb`, async () => {
      const { time, guard, watch } = createWatch();
      assert.equal(guard.isTrusted(), false);
      time.wall += by;
      await watch.compare();
      assert.equal(guard.isTrusted(), false);
      assert.equal(guard.isTrusted('erasure'), false);
      assert.match(guard.doubt() ?? '', new RegExp(`^${words} mongodb\\.`));
      time.server = time.wall - 30_000;
      await watch.compare();
      assert.equal(guard.isTrusted('erasure'), true);
      watch.close();
    });

  test('is trusted no sooner because the store is down', async () => {
    const { time, registry, guard, watch } = createWatch();
    time.isAway = true;
    await watch.compare();
    assert.equal(guard.doubt(), 'Not compared yet.');
    time.isAway = false;
    time.server = START - 60_000;
    await watch.compare();
    time.isAway = true;
    time.elapsed += 300_000;
    time.wall += 300_000;
    await watch.compare();
    assert.equal(guard.doubt(), '60 s ahead of mongodb.');
    assert.doesNotMatch(await registry.metrics(), /against="mongodb"/);
    watch.close();
  });
});
