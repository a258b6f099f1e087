/**
 * Tests that after a crash at any step of a change of address, the change can be repeated. Every kind of
 * store must pass these tests.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { findAddressOwnerId } from '../addresses/owners.ts';
import type { UseCaseDeps } from '../deps.ts';
import type { Journal } from '../ports/journal.ts';
import type { AuthStores } from '../ports/stores.ts';
import { runSignUpCleanupPass } from '../sign-up/cleanup.ts';
import { DAY_MS, type TestWorld } from '../testing/world.ts';
import {
  ADA_PASSWORD,
  ada,
  canSignIn,
  confirmRequestedEmailChange,
  countess,
  createAccountWithChangedEmail,
  createVerifiedAccount,
  MAILBOX_OWNER_PASSWORD,
  requestEmailChangeTo,
  undoConfirmedEmailChange,
  withTestWorldAndFastHashing,
} from './testing/stage.ts';

/**
 * Returns dependencies that simulate the crash of a process: from the `nth` write on, every write to the
 * journal fails.
 */
function dyingDeps(world: TestWorld, nth: number): UseCaseDeps {
  let writes = 0;
  function assertAlive(): void {
    writes += 1;
    if (writes >= nth) throw new StoreUnavailable(new Error('the process died'));
  }
  const { journal } = world.deps;
  const dying: Journal = {
    ...journal,
    append: async (commit) => {
      assertAlive();
      return journal.append(commit);
    },
    release: async (...given) => {
      assertAlive();
      return journal.release(...given);
    },
  };
  const snapshots = { find: async () => undefined, save: async () => undefined };
  return { ...world.deps, journal: dying, accounts: world.accountsOn({ journal: dying, snapshots }) };
}

async function ignoreDeath(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable)) throw error;
  });
}

/**
 * Defines the contract tests for one kind of store.
 * @param given returns empty stores to use in place of the embedded ones
 */
export function defineEmailChangeCrashContractTests(name: string, given?: () => Promise<AuthStores>): void {
  describe(`a crash on ${name}`, () => {
    for (let step = 1; step <= 4; step += 1) {
      test(
        `at write ${step} of a confirmation leaves either address with the account, and a repetition completes it`,
        withTestWorldAndFastHashing(async (world) => {
          const { userId } = await createVerifiedAccount(world);
          await world.signUp(countess, 'the password of a stranger');
          await requestEmailChangeTo(world, userId);
          await ignoreDeath(confirmRequestedEmailChange(world, userId, dyingDeps(world, step)));
          await confirmRequestedEmailChange(world, userId);
          await runSignUpCleanupPass(world.deps);
          assert.deepEqual(
            await Promise.all([ada, countess].map((address) => findAddressOwnerId(world.deps, address))),
            [userId, userId],
          );
          assert.equal((await world.deps.registrations.living(countess)).length, 0);
          assert.equal(await canSignIn(world, countess, ADA_PASSWORD), true);
        }, given),
      );

      test(
        `at write ${step} of an undo leaves the previous address with the account, and the sweep frees the other`,
        withTestWorldAndFastHashing(async (world) => {
          const userId = await createAccountWithChangedEmail(world);
          await ignoreDeath(undoConfirmedEmailChange(world, userId, dyingDeps(world, step)));
          assert.equal(await findAddressOwnerId(world.deps, ada), userId);
          if (step === 1) await undoConfirmedEmailChange(world, userId);
          world.advance(1);
          await runSignUpCleanupPass(world.deps);
          assert.equal(await findAddressOwnerId(world.deps, ada), userId);
          assert.equal(await findAddressOwnerId(world.deps, countess), undefined);
          assert.equal(await canSignIn(world, ada, MAILBOX_OWNER_PASSWORD), true);
          const range = { from: 'release:', before: 'release;' };
          assert.deepEqual(await world.deps.journal.holdersBetween(range), []);
        }, given),
      );

      test(
        `at write ${step} of a settlement is repaired by the next sweep`,
        withTestWorldAndFastHashing(async (world) => {
          const userId = await createAccountWithChangedEmail(world);
          world.advance(7 * DAY_MS);
          await ignoreDeath(runSignUpCleanupPass(dyingDeps(world, step)));
          await runSignUpCleanupPass(world.deps);
          assert.equal(await findAddressOwnerId(world.deps, ada), undefined);
          assert.equal(await findAddressOwnerId(world.deps, countess), userId);
          const types = await world.typesOf(userId);
          assert.equal(types.filter((type) => type === 'EmailChangeSettled').length, 1);
          const range = { from: 'release:', before: 'release;' };
          assert.deepEqual(await world.deps.journal.holdersBetween(range), []);
        }, given),
      );
    }
  });
}
