/**
 * Tests that every store must pass: after a crash at any step of a change of address, the change can be
 * repeated.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { findOwnerId } from '../addresses/owners.ts';
import type { UseCaseDeps } from '../deps.ts';
import type { Journal } from '../ports/journal.ts';
import type { Stores } from '../ports/stores.ts';
import { cleanUpOnce } from '../sign-up/cleanup.ts';
import { DAY_MS, type World } from '../testing/world.ts';
import {
  ada,
  CHOSEN_PASSWORD,
  canSignIn,
  confirmChange,
  countess,
  createAccountWithChangedEmail,
  createVerifiedAccount,
  PASSWORD,
  requestChange,
  undoChange,
  withFastHashingWorld,
} from './testing/stage.ts';

/** Returns dependencies that simulate a crash: the `nth` write to the journal and all later writes fail. */
function dyingDeps(world: World, nth: number): UseCaseDeps {
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

/** Defines the tests. @param given returns empty stores to use in place of the embedded ones */
export function emailChangeCrashContract(name: string, given?: () => Promise<Stores>): void {
  describe(`a crash on ${name}`, () => {
    for (let step = 1; step <= 4; step += 1) {
      test(
        `at write ${step} of a confirmation leaves either address with the account, and a repetition completes it`,
        withFastHashingWorld(async (world) => {
          const { userId } = await createVerifiedAccount(world);
          await world.signUp(countess, 'the password of a stranger');
          await requestChange(world, userId);
          await ignoreDeath(confirmChange(world, userId, dyingDeps(world, step)));
          await confirmChange(world, userId);
          await cleanUpOnce(world.deps);
          assert.deepEqual(
            await Promise.all([ada, countess].map((address) => findOwnerId(world.deps, address))),
            [userId, userId],
          );
          assert.equal((await world.deps.registrations.living(countess)).length, 0);
          assert.equal(await canSignIn(world, countess, PASSWORD), true);
        }, given),
      );

      test(
        `at write ${step} of an undo leaves the previous address with the account, and the sweep frees the other`,
        withFastHashingWorld(async (world) => {
          const userId = await createAccountWithChangedEmail(world);
          await ignoreDeath(undoChange(world, userId, dyingDeps(world, step)));
          assert.equal(await findOwnerId(world.deps, ada), userId);
          if (step === 1) await undoChange(world, userId);
          world.advance(1);
          await cleanUpOnce(world.deps);
          assert.equal(await findOwnerId(world.deps, ada), userId);
          assert.equal(await findOwnerId(world.deps, countess), undefined);
          assert.equal(await canSignIn(world, ada, CHOSEN_PASSWORD), true);
          const range = { from: 'release:', before: 'release;' };
          assert.deepEqual(await world.deps.journal.holdersBetween(range), []);
        }, given),
      );

      test(
        `at write ${step} of a settlement is repaired by the next sweep`,
        withFastHashingWorld(async (world) => {
          const userId = await createAccountWithChangedEmail(world);
          world.advance(7 * DAY_MS);
          await ignoreDeath(cleanUpOnce(dyingDeps(world, step)));
          await cleanUpOnce(world.deps);
          assert.equal(await findOwnerId(world.deps, ada), undefined);
          assert.equal(await findOwnerId(world.deps, countess), userId);
          const types = await world.typesOf(userId);
          assert.equal(types.filter((type) => type === 'EmailChangeSettled').length, 1);
          const range = { from: 'release:', before: 'release;' };
          assert.deepEqual(await world.deps.journal.holdersBetween(range), []);
        }, given),
      );
    }
  });
}
