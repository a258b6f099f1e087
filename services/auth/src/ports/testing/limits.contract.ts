/** Defines the tests that every store of rate limits must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import type { RateLimits } from '../limits.ts';
import { createUniformLimitRules } from './limit-rules.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

const HOUR = 3600;

const rules = createUniformLimitRules(
  { points: 4, seconds: HOUR },
  {
    'login-address': { points: 3, seconds: HOUR },
    'mail-ip': { points: 2, seconds: HOUR },
    'mail-network-hour': { points: 1, seconds: HOUR },
    'signup-ip': { points: 2, seconds: HOUR },
    'mailing-admin': { points: 1000, seconds: 24 * HOUR },
  },
);

export function defineLimitsContractTests(adapter: string, open: OpenEmptyStores): void {
  async function using(play: (limits: RateLimits) => Promise<void>): Promise<void> {
    const { stores, close } = await open();
    try {
      await play(stores.limits(rules));
    } finally {
      await close();
    }
  }
  function key(): string {
    return `${randomUUID()}@example.com`;
  }

  describe(`limits (${adapter})`, () => {
    test('allow the maximum, then refuse and say when to come back', () =>
      using(async (limits) => {
        const address = key();
        for (let i = 0; i < 3; i += 1) {
          assert.deepEqual(await limits.take('login-address', address), { allowed: true });
        }
        const refused = await limits.take('login-address', address);
        assert.ok(!refused.allowed);
        assert.ok(Number.isInteger(refused.retryAfterSeconds));
        assert.ok(refused.retryAfterSeconds > HOUR - 60 && refused.retryAfterSeconds <= HOUR);
      }));

    test('count each key and each limit by itself', () =>
      using(async (limits) => {
        const [one, other] = [key(), key()];
        await limits.take('signup-ip', one, 2);
        assert.equal((await limits.take('signup-ip', one)).allowed, false);
        assert.equal((await limits.take('signup-ip', other)).allowed, true);
        assert.equal((await limits.take('mail-ip', one)).allowed, true);
      }));

    test('do not count refunded points', () =>
      using(async (limits) => {
        const address = key();
        for (let i = 0; i < 3; i += 1) await limits.take('login-address', address);
        await limits.giveBack('login-address', address);
        assert.equal((await limits.take('login-address', address)).allowed, true);
        assert.equal((await limits.take('login-address', address)).allowed, false);
      }));

    test('refund several points at once, and never more than are counted', () =>
      using(async (limits) => {
        const [address, admin] = [key(), key()];
        await limits.giveBack('login-address', address);
        await limits.take('login-address', address, 3);
        await limits.giveBack('login-address', address, 4);
        assert.equal((await limits.take('login-address', address)).allowed, false);
        await limits.take('mailing-admin', admin, 1000);
        await limits.giveBack('mailing-admin', admin, 400);
        assert.equal((await limits.take('mailing-admin', admin, 401)).allowed, false);
        assert.equal((await limits.take('mailing-admin', admin, 400)).allowed, true);
      }));

    test('do not count what they refuse', () =>
      using(async (limits) => {
        const admin = key();
        assert.equal((await limits.take('mailing-admin', admin, 950)).allowed, true);
        for (let i = 0; i < 3; i += 1) {
          assert.equal((await limits.take('mailing-admin', admin, 51)).allowed, false);
        }
        assert.equal((await limits.take('mailing-admin', admin, 50)).allowed, true);
        assert.equal((await limits.take('mailing-admin', admin, 1)).allowed, false);
      }));

    test('refuse a request for too many points, even the first one, and accept one that fits afterwards', () =>
      using(async (limits) => {
        const admin = key();
        assert.equal((await limits.take('mailing-admin', admin, 1001)).allowed, false);
        assert.equal((await limits.peek('mailing-admin', admin)).allowed, true);
        assert.equal((await limits.take('mailing-admin', admin, 1000)).allowed, true);
      }));

    test('never allow more than the limit to callers at the same time, and lose none of it', () =>
      using(async (limits) => {
        const ip = key();
        const answers = await Promise.all(Array.from({ length: 20 }, () => limits.take('login-ip', ip)));
        let allowed = answers.filter((answer) => answer.allowed).length;
        assert.ok(allowed <= 4, `${allowed} of 4 allowed`);
        // Some of the concurrent calls may have been refused although the limit of four was not reached: a
        // refused call takes a point for a moment before it gives the point back. Use up the rest of the
        // limit with one call after another.
        while ((await limits.take('login-ip', ip)).allowed) allowed += 1;
        assert.equal(allowed, 4);
      }));

    test('tell whether one more request would be allowed, without counting it', () =>
      using(async (limits) => {
        const ip = key();
        for (let i = 0; i < 10; i += 1) assert.equal((await limits.peek('mail-ip', ip)).allowed, true);
        await limits.take('mail-ip', ip);
        assert.deepEqual(await limits.peek('mail-ip', ip), { allowed: true });
        await limits.take('mail-ip', ip);
        const peeked = await limits.peek('mail-ip', ip);
        assert.ok(
          !peeked.allowed && peeked.retryAfterSeconds > HOUR - 60 && peeked.retryAfterSeconds <= HOUR,
        );
      }));

    test('allow again once the window is over, whatever was refused in it', (t) =>
      using(async (limits) => {
        const address = key();
        const pass = stopClock(t);
        assert.equal((await limits.take('mail-network-hour', address)).allowed, true);
        pass(HOUR - 1);
        const refused = await limits.take('mail-network-hour', address);
        assert.deepEqual(refused, { allowed: false, retryAfterSeconds: 1 });
        pass(1);
        assert.equal((await limits.take('mail-network-hour', address)).allowed, true);
        assert.equal((await limits.take('mail-network-hour', address)).allowed, false);
      }));

    test('ignore a refund after the window has ended', (t) =>
      using(async (limits) => {
        const address = key();
        const pass = stopClock(t);
        await limits.take('mail-network-hour', address);
        pass(HOUR);
        await limits.giveBack('mail-network-hour', address);
        assert.equal((await limits.take('mail-network-hour', address)).allowed, true);
        assert.equal((await limits.take('mail-network-hour', address)).allowed, false);
      }));

    test('keep what still counts when the rest is removed', (t) =>
      using(async (limits) => {
        const [brief, long] = [key(), key()];
        const pass = stopClock(t);
        await limits.take('mail-network-hour', brief);
        pass(1);
        for (let i = 0; i < 3; i += 1) await limits.take('login-address', long);
        pass(HOUR - 1);
        await limits.removeExpired();
        assert.equal((await limits.take('login-address', long)).allowed, false);
        assert.equal((await limits.take('mail-network-hour', brief)).allowed, true);
      }));

    test('can be reset', () =>
      using(async (limits) => {
        const address = key();
        for (let i = 0; i < 3; i += 1) await limits.take('login-address', address);
        await limits.clear('login-address', address);
        await limits.clear('login-address', key());
        assert.equal((await limits.peek('login-address', address)).allowed, true);
        assert.equal((await limits.take('login-address', address, 3)).allowed, true);
      }));
  });
}

/** Mocks the wall clock until the test ends. @returns a function that advances the clock by some seconds */
function stopClock(t: TestContext): (seconds: number) => void {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  return (seconds) => t.mock.timers.setTime(Date.now() + seconds * 1000);
}
