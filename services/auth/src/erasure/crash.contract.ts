/**
 * Tests that an erasure that was interrupted at any step can be continued. Every kind of store must pass
 * these tests.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuthStores } from '../ports/stores.ts';
import { withTestWorld } from '../testing/world.ts';
import { type EraseAccountDeps, eraseAccountFromStores } from './erase.ts';
import { eraseDueAccounts } from './sweep.ts';
import {
  assertAccountErased,
  createDueAccount,
  DUE_ACCOUNT_ADDRESS,
  publishJournalEvents,
} from './testing/due-account.ts';
import { createErasureSteps } from './testing/steps.ts';

/** Stores on which the tests run instead of on the embedded stores. */
export interface StoresUnderTest {
  /** Opens the stores under test, without any records. */
  open(): Promise<AuthStores>;
  /** Returns the places in the store, such as tables, that still contain personal data of the test person. */
  placesThatName(): Promise<readonly string[]>;
}

export function defineErasureCrashContractTests(name: string, given?: StoresUnderTest): void {
  describe(`an erasure that crashes on ${name}`, () => {
    /**
     * Creates an erasure that simulates a crash. It runs the steps of the erasure in order, and stops before
     * or after the step with the number `at`.
     */
    function crashing(needs: EraseAccountDeps, userId: string, at: number, when: 'before' | 'after') {
      return async (addresses: readonly string[]) => {
        for (const [index, step] of createErasureSteps(
          needs,
          { account: userId, sequence: 1 },
          addresses,
        ).entries()) {
          if (index === at && when === 'before') return;
          await step.run();
          if (index === at) return;
        }
      };
    }

    test(
      'at any step is continued to its end',
      withTestWorld(async (world) => {
        const userId = await createDueAccount(world);
        await publishJournalEvents(world, userId);
        if (given) assert.notDeepEqual(await given.placesThatName(), []);
        const waiting = { ...world.erasing, outbox: { unpublished: async () => new Map([[userId, []]]) } };
        await eraseAccountFromStores(waiting, userId);
        const steps = createErasureSteps(world.erasing, { account: userId, sequence: 1 }, [
          DUE_ACCOUNT_ADDRESS,
        ]);
        for (const at of steps.keys())
          for (const when of ['before', 'after'] as const)
            await crashing(world.erasing, userId, at, when)([DUE_ACCOUNT_ADDRESS]);
        await eraseDueAccounts(world.erasing);
        await assertAccountErased(world, userId, given?.placesThatName);
        await eraseDueAccounts(world.erasing);
        await assertAccountErased(world, userId, given?.placesThatName);
      }, given?.open),
    );
  });
}
