import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { login } from '../sessions/login.ts';
import { verifySignUp } from '../sign-up/verification.ts';
import { createTestContext, DAY_MS, withTestWorld } from '../testing/world.ts';
import { erasureCrashContract } from './crash.contract.ts';
import { eraseAccountIfDue } from './erase.ts';
import { sharedAddressContract } from './shared-address.contract.ts';
import { eraseDueAccounts } from './sweep.ts';
import {
  ADDRESS,
  assertErased,
  createDueAccount,
  findFilesWithPersonalData,
  PASSWORD,
  publishJournalEvents,
} from './testing/due-account.ts';

describe('an erasure', () => {
  test(
    'leaves nothing of the person in any file of the store, and a chain that verifies',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await publishJournalEvents(world, userId);
      assert.notDeepEqual(await findFilesWithPersonalData(world.folder), []);
      await eraseDueAccounts(world.erasing);
      await assertErased(world, userId);
      assert.deepEqual(await world.deps.erasures.due({ until: world.deps.now(), limit: 9 }), []);
    }),
  );

  test(
    'frees the address',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await eraseDueAccounts(world.erasing);
      const next = await world.signUp(ADDRESS, PASSWORD);
      assert.notEqual(next.userId, userId);
      const token = world.tokenOf(next.userId, 'verification');
      const evidence = { kind: 'password', password: PASSWORD } as const;
      const { state } = await verifySignUp(world.deps, { token, evidence }, createTestContext());
      assert.equal(state.status, 'verified');
      await eraseDueAccounts(world.erasing);
      await login(world.deps, { address: ADDRESS, password: PASSWORD }, createTestContext());
    }),
  );

  test(
    'waits for events that are not published yet, which would carry the person afterwards',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      const waiting = { ...world.erasing, outbox: { unpublished: async () => new Map([[userId, []]]) } };
      assert.equal(await eraseAccountIfDue(waiting, userId), false);
      await eraseDueAccounts(waiting);
      assert.equal((await world.deps.erasures.due({ until: world.deps.now(), limit: 9 })).length, 1);
      assert.equal(await eraseAccountIfDue(world.erasing, userId), true);
      await assertErased(world, userId);
    }),
  );

  test(
    'of a registration that ended comes seven days later',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ADDRESS, PASSWORD);
      const token = world.tokenOf(userId, 'verification');
      const tokenHash = world.deps.linkTokens.hash('verification', token);
      const reject = { type: 'RejectRegistration', tokenHash, now: world.deps.now() } as const;
      await world.deps.accounts.execute(userId, createTestContext(), () => reject);
      world.advance(7 * DAY_MS - 1);
      await eraseDueAccounts(world.erasing);
      assert.notDeepEqual(await findFilesWithPersonalData(world.folder), []);
      world.advance(1);
      await eraseDueAccounts(world.erasing);
      await assertErased(world, userId);
    }),
  );
});

erasureCrashContract('sqlite');
sharedAddressContract('sqlite');
