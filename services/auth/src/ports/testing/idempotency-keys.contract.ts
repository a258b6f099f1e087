/** Defines the tests that every store of idempotency keys must pass. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { IdempotencyKeyStore } from '../idempotency-keys.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

function second(number: number): Date {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, number));
}

export function defineIdempotencyKeysContractTests(name: string, open: OpenEmptyStores): void {
  async function using(play: (keys: IdempotencyKeyStore) => Promise<void>): Promise<void> {
    const { stores, close } = await open();
    try {
      await play(stores.idempotencyKeys);
    } finally {
      await close();
    }
  }
  function binding(id: string, digest: string, at = 0) {
    return { id, digest, now: second(at), until: second(at + 10) };
  }

  describe(`idempotency keys on ${name}`, () => {
    test('are bound to the first body, and to no other', () =>
      using(async (keys) => {
        assert.equal(await keys.bind(binding('a', 'one')), true);
        assert.equal(await keys.bind(binding('a', 'one', 5)), true);
        assert.equal(await keys.bind(binding('a', 'other', 9)), false);
        assert.equal(await keys.bind(binding('b', 'other')), true);
      }));

    test('are free again once they have expired', () =>
      using(async (keys) => {
        await keys.bind(binding('a', 'one'));
        assert.equal(await keys.bind(binding('a', 'other', 10)), true);
        assert.equal(await keys.bind(binding('a', 'one', 11)), false);
      }));

    test('are bound to one of many bodies that are sent at once', () =>
      using(async (keys) => {
        const bound = await Promise.all(
          Array.from({ length: 20 }, (_, index) => keys.bind(binding('a', `${index}`))),
        );
        assert.equal(bound.filter(Boolean).length, 1);
      }));

    test('are removed once they have expired, and not before', () =>
      using(async (keys) => {
        await keys.bind(binding('a', 'one'));
        await keys.bind(binding('b', 'one', 5));
        await keys.removeExpired(second(10));
        assert.equal(await keys.bind(binding('a', 'other', 9)), true);
        assert.equal(await keys.bind(binding('b', 'other', 9)), false);
      }));
  });
}
