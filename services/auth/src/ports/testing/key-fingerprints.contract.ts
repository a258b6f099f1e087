/** The guarantees of every store of key fingerprints. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { KeyFingerprints } from '../key-fingerprints.ts';
import type { OpenStores } from './open-stores.ts';

export function keyFingerprintsContract(name: string, open: OpenStores): void {
  describe(`key fingerprints on ${name}`, () => {
    let keyFingerprints: KeyFingerprints;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open();
      ({ keyFingerprints } = opened.stores);
      close = opened.close;
    });
    afterEach(() => close());

    test('are remembered on first sight, and those that differ are named', async () => {
      assert.deepEqual(await keyFingerprints.check({ refresh: 'r1', salt: 's1' }), []);
      assert.deepEqual(await keyFingerprints.check({ refresh: 'r1', salt: 's1' }), []);
      assert.deepEqual(await keyFingerprints.check({ refresh: 'r2', salt: 's1', sealing: 'x' }), ['refresh']);
      assert.deepEqual(await keyFingerprints.check({ refresh: 'r2', salt: 's2' }), ['refresh', 'salt']);
    });

    test('are not remembered of who differs in one', async () => {
      await keyFingerprints.check({ refresh: 'r1' });
      assert.deepEqual(await keyFingerprints.check({ other: 'x', refresh: 'r2', salt: 'x' }), ['refresh']);
      assert.deepEqual(await keyFingerprints.check({ other: 'y', refresh: 'r1', salt: 'y' }), []);
    });

    test('of two instances that start at once with different keys: one is told', async () => {
      const told = await Promise.all([
        keyFingerprints.check({ salt: 'one' }),
        keyFingerprints.check({ salt: 'other' }),
      ]);
      assert.deepEqual(told.flat(), ['salt']);
    });

    test('of many instances that start at once are those of one, which all others are told', async () => {
      const names = ['a', 'b', 'c'];
      function keysOf(instance: number) {
        // Each in a different order.
        return Object.fromEntries(
          [...names.slice(instance), ...names].map((name) => [name, String(instance)]),
        );
      }
      const told = await Promise.all([0, 1, 2].map((instance) => keyFingerprints.check(keysOf(instance))));
      const winners = [0, 1, 2].filter((instance) => told[instance]?.length === 0);
      assert.equal(winners.length, 1);
      for (const instance of [0, 1, 2]) {
        const differing = winners.includes(instance) ? [] : names;
        assert.deepEqual((await keyFingerprints.check(keysOf(instance))).toSorted(), differing);
      }
    });
  });
}
