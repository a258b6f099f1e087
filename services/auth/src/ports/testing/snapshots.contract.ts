/** Defines the tests that every store of snapshots must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { SnapshotStore } from '../snapshots.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

export function defineSnapshotsContractTests(name: string, open: OpenEmptyStores): void {
  describe(`snapshots on ${name}`, () => {
    let snapshots: SnapshotStore;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open();
      ({ snapshots } = opened.stores);
      close = opened.close;
    });
    afterEach(() => close());

    function snapshot(stream: string, number: number, stateVersion = 1) {
      return {
        stream,
        number,
        sequence: number + 5,
        stateVersion,
        state: { names: ['ada'], number, nothing: null },
      };
    }

    test('are kept one per stream, the newest', async () => {
      const stream = randomUUID();
      assert.equal(await snapshots.find(stream), undefined);
      await snapshots.save(snapshot(stream, 200));
      await snapshots.save(snapshot(randomUUID(), 900));
      assert.deepEqual(await snapshots.find(stream), snapshot(stream, 200));
      await snapshots.save(snapshot(stream, 100));
      assert.deepEqual(await snapshots.find(stream), snapshot(stream, 200));
      await snapshots.save(snapshot(stream, 201));
      assert.deepEqual(await snapshots.find(stream), snapshot(stream, 201));
    });

    test('of a new shape replace those of an old one', async () => {
      const stream = randomUUID();
      await snapshots.save(snapshot(stream, 200, 1));
      await snapshots.save(snapshot(stream, 200, 2));
      assert.deepEqual(await snapshots.find(stream), snapshot(stream, 200, 2));
    });
  });
}
