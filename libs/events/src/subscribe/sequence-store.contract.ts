/** The contract of {@link SequenceStore}, as tests for node:test that you can run on your own store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createGapParkMark, positionStoreContract } from '@latchkey/consumer/contract';
import type { SequenceStore } from './sequence-store.ts';

const ada = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const bob = '01980a11-0c20-7b02-8a44-91e7d5c3b2a1';

/**
 * Defines the contract tests of a sequence store.
 * @param open called once per test; returns an empty store, whose `close` removes what was created
 */
export function sequenceStoreContract(
  name: string,
  open: () => Promise<{ readonly store: SequenceStore; close(): Promise<void> }>,
): void {
  positionStoreContract(
    name,
    async (context) => {
      const { store, close } = await open();
      context.after(close);
      return store;
    },
    (position) => position,
  );

  describe(`the ${name} store of sequences`, () => {
    test('lists the marks of all parked accounts, by account', async (context) => {
      const { store, close } = await open();
      context.after(close);
      await store.save([
        { account: ada, sequence: 3, parked: createGapParkMark(ada, 12) },
        { account: bob, sequence: 0, parked: createGapParkMark(bob, 13) },
      ]);
      assert.deepEqual(await store.listParked(), [createGapParkMark(bob, 13), createGapParkMark(ada, 12)]);
      await store.replaceMark(createGapParkMark(bob, 13));
      await store.save([{ account: ada, sequence: 4 }]);
      assert.deepEqual(await store.listParked(), []);
    });
  });
}
