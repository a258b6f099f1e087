import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  countWorkAtBeginning,
  countWorkBySamples,
  countWorkThroughout,
  createWorkCounters,
  sumHitCounts,
} from './work.ts';

function counterOf(target = 'auth-1') {
  return createWorkCounters()(target);
}

describe('the work of a target', () => {
  test('counts while it is in progress, and once', () => {
    const counter = counterOf();
    const before = counter.begin();
    before();
    const end = counter.begin();
    const count = counter.watch();
    assert.equal(count(), 1);
    end();
    end();
    counter.begin()();
    assert.equal(count(), 2);
    assert.equal(counter.watch()(), 0);
  });

  test('is of that target alone', () => {
    const work = createWorkCounters();
    const count = work('auth-1').watch();
    work('auth-2').begin();
    assert.equal(count(), 0);
    work('auth-1').begin();
    assert.equal(count(), 1);
  });
});

describe('the hits of a fault', () => {
  test('that ends all work are the work when it began', async () => {
    const counter = counterOf();
    counter.begin();
    const hits = countWorkAtBeginning(counter);
    hits.begun();
    counter.begin();
    assert.equal(await hits.end(), 1);
  });

  test('that lasts are the work before and during it', async () => {
    const counter = counterOf();
    counter.begin()();
    counter.begin();
    const hits = countWorkThroughout(counter);
    hits.begun();
    counter.begin()();
    assert.equal(await hits.end(), 2);
    counter.begin();
    assert.equal(await countWorkThroughout(counterOf()).end(), 0);
  });

  test('can be the largest of several samples, without those that fail', async () => {
    const sampled = Promise.withResolvers<void>();
    const amounts = [2, 5, new Error('away'), 1];
    const hits = countWorkBySamples(async () => {
      const amount = amounts.shift() ?? 0;
      if (amounts.length <= 1) sampled.resolve();
      if (amount instanceof Error) throw amount;
      return amount;
    }, 1);
    hits.begun();
    await sampled.promise;
    assert.equal(await hits.end(), 5);
  });

  test('are added', async () => {
    const [one, other] = [counterOf(), counterOf()];
    one.begin();
    const hits = sumHitCounts(countWorkAtBeginning(one), countWorkThroughout(other));
    hits.begun();
    other.begin();
    other.begin();
    assert.equal(await hits.end(), 3);
  });
});
