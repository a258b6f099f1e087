import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { type RateLimitName, RateLimitPointsUncertain } from '../ports/limits.ts';
import { createUniformLimitRules } from '../ports/testing/limit-rules.ts';
import { Refused } from '../refused.ts';
import { unlimitedRateLimits } from '../storage/limits.ts';
import { openTemporaryStores, type TemporaryStores } from '../storage/sqlite/stores.fixture.ts';
import { createRefusalPredicate } from '../testing/world.ts';
import { runEvenIfRateLimited, runWithinLimits, withRefundRetries } from './within-limits.ts';

const two = { points: 2, seconds: 3600 };
const rules = createUniformLimitRules(two, {
  'mail-address-day': { points: 1, seconds: 3600 },
  'mailing-admin': { points: 10, seconds: 3600 },
});
const network = { limit: 'mail-network-hour', key: 'a' } as const;
const address = { limit: 'mail-address-day', key: 'a' } as const;

let opened: TemporaryStores;
beforeEach(async () => {
  opened = await openTemporaryStores();
});
afterEach(() => opened.close());

/** Returns rate limits whose store can be made unavailable. */
function limitsOf() {
  const stored = opened.stores.limits(rules);
  let away = false;
  let answerLost = false;
  const limits = withRefundRetries({
    ...stored,
    take: async (...words) => {
      if (away) throw new StoreUnavailable(new Error('away'));
      const taken = await stored.take(...words);
      if (answerLost) throw new RateLimitPointsUncertain(new Error('timed out'));
      return taken;
    },
    giveBack: async (...words) => {
      if (away) throw new StoreUnavailable(new Error('away'));
      await stored.giveBack(...words);
    },
  });
  async function left(limit: RateLimitName, key = 'a'): Promise<number> {
    let points = 0;
    while ((await stored.take(limit, key)).allowed) points += 1;
    await stored.giveBack(limit, key, points);
    return points;
  }
  return {
    limits,
    left,
    takeAway: (is: boolean) => {
      away = is;
    },
    loseAnswers: (is: boolean) => {
      answerLost = is;
    },
  };
}

describe('a limit', () => {
  test('counts successful requests, and those refused because of the caller', async () => {
    const { limits, left } = limitsOf();
    await runWithinLimits({ limits }, [network], async () => ({}));
    const refusal = new Refused('email_already_registered');
    await assert.rejects(
      runWithinLimits({ limits }, [network], () => Promise.reject(refusal)),
      refusal,
    );
    assert.equal(await left('mail-network-hour'), 0);
  });

  test('does not count a repeat, an overload, an outage or a bug', async () => {
    const { limits, left } = limitsOf();
    await runWithinLimits({ limits }, [network], async () => ({ repeated: true }));
    for (const error of [
      new Refused({ kind: 'overloaded', seconds: 1 }),
      new StoreUnavailable(new Error('away')),
      new TypeError('a bug'),
    ])
      await assert.rejects(
        runWithinLimits({ limits }, [network], () => Promise.reject(error)),
        error,
      );
    assert.equal(await left('mail-network-hour'), 2);
  });

  test('does not count what another limit has refused', async () => {
    const { limits, left } = limitsOf();
    await limits.take(address.limit, address.key);
    const takes = [network, address];
    await assert.rejects(
      runWithinLimits({ limits }, takes, async () => assert.fail('not allowed')),
      createRefusalPredicate('rate_limited'),
    );
    assert.equal(await left('mail-network-hour'), 2);
    const seen: boolean[] = [];
    await runEvenIfRateLimited({ limits }, takes, async ({ allowed }) => {
      seen.push(allowed);
      return {};
    });
    assert.deepEqual(seen, [false]);
    assert.equal(await left('mail-network-hour'), 2);
  });

  test('refunds all points of a list', async () => {
    const { limits, left } = limitsOf();
    const many = { limit: 'mailing-admin', key: 'a', points: 10 } as const;
    await runWithinLimits({ limits }, [many], async () => ({ repeated: true }));
    assert.equal(await left('mailing-admin'), 10);
  });

  test('is refunded once its store can be reached again', async () => {
    const { limits, left, takeAway } = limitsOf();
    async function failWhileAway(): Promise<never> {
      takeAway(true);
      throw new StoreUnavailable(new Error('away'));
    }
    for (const _ of Array(3).keys()) {
      await assert.rejects(runWithinLimits({ limits }, [network], failWhileAway), {
        name: 'StoreUnavailable',
      });
      takeAway(false);
    }
    await limits.settle();
    assert.equal(await left('mail-network-hour'), 2);
  });

  test('is refunded if the store has counted it but the response was lost', async () => {
    const { limits, left, loseAnswers } = limitsOf();
    loseAnswers(true);
    for (const _ of Array(3).keys())
      await assert.rejects(
        runWithinLimits({ limits }, [network], async () => ({})),
        { name: 'StoreUnavailable' },
      );
    loseAnswers(false);
    await limits.settle();
    assert.equal(await left('mail-network-hour'), 2);
  });

  test('is refunded after a direct take, too, if the store has counted it but the response was lost', async () => {
    const { limits, left, loseAnswers } = limitsOf();
    loseAnswers(true);
    await assert.rejects(limits.take(network.limit, network.key), { name: 'StoreUnavailable' });
    loseAnswers(false);
    await limits.settle();
    assert.equal(await left('mail-network-hour'), 2);
  });

  for (const owes of [false, true])
    test(`refunds nothing that was not counted, while ${owes ? 'another refund is' : 'no refund is'} pending`, async () => {
      const { limits, left, takeAway } = limitsOf();
      await limits.take(network.limit, network.key);
      await limits.take(address.limit, address.key);
      takeAway(true);
      if (owes) await limits.giveBack(address.limit, address.key);
      const failing = Array.from({ length: 30 }, () => limits.take(network.limit, network.key));
      const results = await Promise.allSettled(failing);
      assert.ok(results.every(({ status }) => status === 'rejected'));
      takeAway(false);
      await limits.settle();
      assert.equal(await left('mail-network-hour'), 1);
      assert.equal(await left('mail-address-day'), owes ? 1 : 0);
    });

  test('is refunded before the next point is taken', async () => {
    const { limits, takeAway } = limitsOf();
    await limits.take(address.limit, address.key);
    takeAway(true);
    await limits.giveBack(address.limit, address.key);
    takeAway(false);
    assert.deepEqual(await limits.take(address.limit, address.key), { allowed: true });
  });

  test('is refunded to each key, in the order of the failures', async () => {
    const given: string[] = [];
    let away = true;
    const limits = withRefundRetries({
      ...unlimitedRateLimits,
      giveBack: async (_, key) => {
        if (away) throw new StoreUnavailable(new Error('away'));
        given.push(key);
      },
    });
    for (const key of ['a', 'b', 'c']) await limits.giveBack('login-ip', key);
    away = false;
    await limits.settle();
    assert.deepEqual(given, ['a', 'b', 'c']);
  });

  test('remembers refunds of at most 10,000 requests', async () => {
    let given = 0;
    let away = true;
    // Reuse one error object: creating thousands of errors takes seconds.
    const unavailable = new StoreUnavailable(new Error('away'));
    const limits = withRefundRetries({
      ...unlimitedRateLimits,
      giveBack: async () => {
        if (away) throw unavailable;
        given += 1;
      },
    });
    for (let n = 0; n < 10_005; n += 1) await limits.giveBack('login-ip', 'a');
    away = false;
    await limits.settle();
    assert.equal(given, 10_000);
  });

  test('fails with a bug of the store', async () => {
    const bug = new TypeError('a bug');
    const limits = withRefundRetries({ ...unlimitedRateLimits, giveBack: () => Promise.reject(bug) });
    await assert.rejects(limits.giveBack('login-ip', 'a'), bug);
  });
});
