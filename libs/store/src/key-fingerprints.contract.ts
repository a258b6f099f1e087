/** Tests that every store of key fingerprints must pass. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { KeyFingerprintStore } from './key-fingerprints.ts';

/** Opens an empty store. */
export type OpenKeyFingerprintStore = () => Promise<{
  readonly keyFingerprints: KeyFingerprintStore;
  close(): Promise<void>;
}>;

export function keyFingerprintsContract(name: string, open: OpenKeyFingerprintStore): void {
  describe(`key fingerprints on ${name}`, () => {
    let keyFingerprints: KeyFingerprintStore;
    let close: () => Promise<void>;

    beforeEach(async () => {
      ({ keyFingerprints, close } = await open());
    });
    afterEach(() => close());

    const now = new Date('2026-03-01T12:00:00.000Z');
    const later = new Date('2026-04-01T12:00:00.000Z');

    /**
     * Simulates the start of a process that is configured with these keys. In each setting, the first key is
     * the current one.
     */
    function start(keys: Readonly<Record<string, readonly string[]>>, at = now) {
      const given = Object.entries(keys).map(([name, its]) => [name, { keys: its, needed: true }] as const);
      return keyFingerprints.check(Object.fromEntries(given), at);
    }

    /** Forgets a key as an operator does, after listing the keys. */
    async function forget(setting: string, key: string): Promise<boolean> {
      return keyFingerprints.forget(setting, key, (await keyFingerprints.list())[setting] ?? []);
    }

    test('are remembered on first sight, and settings that lack one are named', async () => {
      assert.deepEqual(await start({ refresh: ['r1'], salt: ['s1'] }), []);
      assert.deepEqual(await start({ refresh: ['r1'], salt: ['s1'] }), []);
      assert.deepEqual(await start({ refresh: ['r2'], salt: ['s1'], sealing: ['x'] }), ['refresh']);
      assert.deepEqual(await start({ refresh: ['r2'], salt: ['s2'] }), ['refresh', 'salt']);
    });

    test('are not stored for a process that lacks a key', async () => {
      await start({ refresh: ['r1'] });
      assert.deepEqual(await start({ other: ['x'], refresh: ['r2'], salt: ['x'] }), ['refresh']);
      assert.deepEqual(await start({ other: ['y'], refresh: ['r1'], salt: ['y'] }), []);
    });

    test('may be joined by newer ones, and are all needed until one is forgotten', async () => {
      await start({ salt: ['s1'] });
      assert.deepEqual(await start({ salt: ['s1', 's2'] }), []);
      assert.deepEqual(await start({ salt: ['s2', 's1'] }), []);
      assert.deepEqual(await start({ salt: ['s2'] }), ['salt']);
      assert.equal(await forget('salt', 's1'), true);
      assert.deepEqual(await start({ salt: ['s2'] }), []);
      assert.deepEqual(await start({ salt: ['s1'] }), ['salt']);
      assert.equal(await forget('salt', 's2'), true);
      assert.equal(await forget('salt', 's2'), true);
      assert.deepEqual(await keyFingerprints.list(), {});
    });

    test('are not forgotten if a process has started with other keys, or in another order, meanwhile', async () => {
      await start({ salt: ['s2', 's1'] });
      const { salt: seen = [] } = await keyFingerprints.list();
      for (const keys of [
        ['s3', 's2', 's1'],
        ['s1', 's2', 's3'],
      ]) {
        await start({ salt: keys }, later);
        const stored = await keyFingerprints.list();
        assert.equal(await keyFingerprints.forget('salt', 's1', seen), false);
        assert.equal(await keyFingerprints.forget('salt', 's1', []), false);
        assert.deepEqual(await keyFingerprints.list(), stored);
      }
      await keyFingerprints.check({ sealing: { keys: ['k'], needed: false } }, now);
      assert.equal(await keyFingerprints.forget('sealing', 'k', []), false);
      assert.equal(await keyFingerprints.forget('other', 'k', [{ key: 'k' }]), false);
    });

    test('that are removed together are only removed as far as the store confirms it', async () => {
      const keys = ['s1', 's2', 's3', 's4', 's5'];
      await start({ salt: keys });
      const { salt: seen = [] } = await keyFingerprints.list();
      const [, ...former] = keys;
      const forgotten = await Promise.all(
        former.map(async (key) => ((await keyFingerprints.forget('salt', key, seen)) ? [key] : [])),
      );
      assert.equal(forgotten.flat().length, 1);
      const { salt: rest = [] } = await keyFingerprints.list();
      assert.deepEqual(
        rest.map(({ key }) => key),
        keys.filter((key) => !forgotten.flat().includes(key)),
      );
    });

    test('have the time since which each key is the current one', async () => {
      await start({ salt: ['s1', 's2'] });
      assert.deepEqual(await keyFingerprints.list(), { salt: [{ key: 's1', since: now }, { key: 's2' }] });
      await start({ salt: ['s2', 's1'] }, later);
      await start({ salt: ['s2', 's1'] }, new Date(later.getTime() + 1));
      const uses = [
        { key: 's2', since: later },
        { key: 's1', since: now },
      ];
      assert.deepEqual(await keyFingerprints.list(), { salt: uses });
    });

    test('that nothing depends on may be missing, and are remembered', async () => {
      for (const key of ['k1', 'k2'])
        assert.deepEqual(await keyFingerprints.check({ sealing: { keys: [key], needed: false } }, now), []);
      const uses = [
        { key: 'k2', since: now },
        { key: 'k1', since: now },
      ];
      assert.deepEqual(await keyFingerprints.list(), { sealing: uses });
    });

    test('of two instances that start at once with different keys: one instance is refused', async () => {
      const told = await Promise.all([start({ salt: ['one'] }), start({ salt: ['other'] })]);
      assert.deepEqual(told.flat(), ['salt']);
    });

    test('of two instances that add different keys at once: one instance is refused', async () => {
      await start({ salt: ['first'] });
      const told = await Promise.all([
        start({ salt: ['one', 'first'] }),
        start({ salt: ['other', 'first'] }),
      ]);
      assert.deepEqual(told.flat(), ['salt']);
    });

    test('of many instances that start at once are those of one; all others are refused', async () => {
      const names = ['a', 'b', 'c'];
      function keysOf(instance: number) {
        // Pass the settings to each process in a different order, because the result must not depend on this
        // order.
        return Object.fromEntries(
          [...names.slice(instance), ...names].map((name) => [name, [String(instance)]]),
        );
      }
      const told = await Promise.all([0, 1, 2].map((instance) => start(keysOf(instance))));
      const winners = [0, 1, 2].filter((instance) => told[instance]?.length === 0);
      assert.equal(winners.length, 1);
      for (const instance of [0, 1, 2]) {
        const differing = winners.includes(instance) ? [] : names;
        assert.deepEqual((await start(keysOf(instance))).toSorted(), differing);
      }
    });
  });
}
