import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchPoolCheckInterval } from './pool-checks.ts';

/**
 * Creates a pool that checks its connections like the driver's pool. `isReady` is false once the pool is
 * closed.
 */
function poolOf(minPoolSize: number) {
  const prototype = {
    options: { minPoolSize },
    isReady: true,
    checks: 0,
    minPoolSizeTimer: undefined as NodeJS.Timeout | undefined,
    ensureMinPoolSize() {
      if (!this.isReady) return;
      this.checks += 1;
      clearTimeout(this.minPoolSizeTimer);
      this.minPoolSizeTimer = setTimeout(() => this.ensureMinPoolSize(), 100);
    },
  };
  patchPoolCheckInterval(prototype);
  return Object.create(prototype) as typeof prototype;
}

test('a pool without a minimum checks its connections every 5 s, until it is closed', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const pool = poolOf(0);
  pool.ensureMinPoolSize();
  context.mock.timers.tick(4999);
  assert.equal(pool.checks, 1);
  context.mock.timers.tick(1);
  assert.equal(pool.checks, 2);
  pool.isReady = false;
  context.mock.timers.tick(60_000);
  assert.equal(pool.checks, 2);
});

test('a pool with a minimum is refilled as soon as the driver does it', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const pool = poolOf(1);
  pool.ensureMinPoolSize();
  context.mock.timers.runAll();
  assert.equal(pool.checks, 2);
});

test('a driver that checks in another way is refused', () => {
  assert.throws(
    () => patchPoolCheckInterval({} as never),
    /^Error: This version of the MongoDB driver checks its pools differently\.$/,
  );
});
