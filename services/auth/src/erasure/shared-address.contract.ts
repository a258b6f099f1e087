/**
 * Tests that an erasure keeps the data stored for an address that another account also uses. Every kind of
 * store must pass these tests.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ada,
  createVerifiedAccount,
  eve,
  requestEmailChangeTo,
  withTestWorldAndFastHashing,
} from '../email-change/testing/stage.ts';
import type { AuthStores } from '../ports/stores.ts';
import { login } from '../sessions/login.ts';
import { createRefusalPredicate, createTestContext, DAY_MS, type TestWorld } from '../testing/world.ts';
import { requestErasureOfAccount } from './request-erasure.ts';
import { eraseDueAccounts } from './sweep.ts';

/** The number of failed logins that lock an address in the test world. */
const LOGIN_FAILURES = 3;
const PASSWORD = 'chosen by somebody else';
const trusted = { address: ada, ip: '203.0.113.7' };

/**
 * Creates the data that protects an address: locks the address by failed logins, makes an IP address trusted
 * for it, and records a password reset request for it.
 */
async function protect({ deps }: TestWorld): Promise<void> {
  for (const n of Array(LOGIN_FAILURES).keys())
    await assert.rejects(login(deps, { address: ada, password: `guess ${n}` }, createTestContext()));
  await deps.trustedAddresses.trust(trusted, deps.now());
  const at = deps.now().toISOString();
  await deps.requests.add({ id: deps.newId(), kind: 'password-reset', address: ada, at, correlationId: 'r' });
}

async function isLocked({ deps }: TestWorld): Promise<boolean> {
  return !(await deps.limits.peek('login-address', ada)).allowed;
}

async function eraseNow(world: TestWorld, userId: string): Promise<void> {
  const deps = { ...world.deps, settings: { ...world.deps.settings, erasureGraceDays: 0 } };
  await requestErasureOfAccount(deps, { userId, by: 'ops' }, createTestContext());
  await eraseDueAccounts(world.erasing);
  assert.equal((await world.typesOf(userId)).at(-1), 'AccountErased');
}

/** Asserts that the lock, the trusted IP address and the recorded request of the address are still stored. */
async function assertProtected(world: TestWorld): Promise<void> {
  const { requests, trustedAddresses, now } = world.deps;
  assert.equal(await isLocked(world), true);
  assert.equal(await trustedAddresses.isTrusted(trusted, now()), true);
  assert.equal(await requests.count(), 1);
}

export function defineSharedAddressContractTests(name: string, given?: () => Promise<AuthStores>): void {
  function inWorld(play: (world: TestWorld) => Promise<void>) {
    return withTestWorldAndFastHashing(play, given);
  }

  describe(`the erasure of an account that names the address of another, on ${name}`, () => {
    test(
      'by a sign-up, leaves the protection of the owner',
      inWorld(async (world) => {
        await createVerifiedAccount(world, ada);
        await protect(world);
        const { userId } = await world.signUp(ada, PASSWORD);
        await eraseNow(world, userId);
        await assertProtected(world);
      }),
    );

    test(
      'by a sign-up, leaves the protection of a sign-up that is not verified yet',
      inWorld(async (world) => {
        await world.signUp(ada, 'the password of ada');
        const { userId } = await world.signUp(ada, PASSWORD);
        await protect(world);
        await eraseNow(world, userId);
        await assertProtected(world);
      }),
    );

    test(
      'by a request to change to it, leaves the protection of the owner',
      inWorld(async (world) => {
        await createVerifiedAccount(world, ada);
        await protect(world);
        const { userId } = await createVerifiedAccount(world, eve);
        await requestEmailChangeTo(world, userId, ada);
        await eraseNow(world, userId);
        await assertProtected(world);
      }),
    );

    test(
      'leaves the counts of an address even if it was the only account with the address',
      inWorld(async (world) => {
        const { userId } = await world.signUp(ada, PASSWORD);
        await protect(world);
        await eraseNow(world, userId);
        assert.equal(await isLocked(world), true);
        assert.equal(await world.deps.requests.count(), 0);
        assert.equal(await world.deps.trustedAddresses.isTrusted(trusted, world.deps.now()), false);
        await world.signUp(ada, PASSWORD);
        await assert.rejects(
          login(world.deps, { address: ada, password: PASSWORD }, createTestContext()),
          createRefusalPredicate('rate_limited'),
        );
      }),
    );

    test(
      'removes the rest once the last account with the address is erased',
      inWorld(async (world) => {
        const owner = await createVerifiedAccount(world, ada);
        await protect(world);
        const { userId } = await world.signUp(ada, PASSWORD);
        await eraseNow(world, userId);
        world.advance(DAY_MS);
        await eraseNow(world, owner.userId);
        assert.equal(await world.deps.requests.count(), 0);
        assert.equal(await world.deps.trustedAddresses.isTrusted(trusted, world.deps.now()), false);
      }),
    );
  });
}
