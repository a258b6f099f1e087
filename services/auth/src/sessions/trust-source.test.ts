import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ADA_PASSWORD,
  ada,
  confirmRequestedEmailChange,
  countess,
  createVerifiedAccount,
  requestEmailChangeTo,
  undoConfirmedEmailChange,
  withTestWorldAndFastHashing,
} from '../email-change/testing/stage.ts';
import { createTestContext, type TestWorld } from '../testing/world.ts';
import { login } from './login.ts';
import { replaceTrustedIpAddresses } from './trust-source.ts';

/** The IP address from which the former owner of the email address has signed in. */
const FORMER = '203.0.113.77';

async function trustFormerOwner({ deps }: TestWorld, address: string): Promise<void> {
  await deps.trustedAddresses.trust({ address, ip: FORMER }, deps.now());
}

function isTrusted({ deps }: TestWorld, address: string, ip: string): Promise<boolean> {
  return deps.trustedAddresses.isTrusted({ address, ip }, deps.now());
}

describe('the IP addresses of the former owner of an email address', () => {
  test(
    'are not trusted once somebody verifies a sign-up with it',
    withTestWorldAndFastHashing(async (world) => {
      await trustFormerOwner(world, ada);
      await createVerifiedAccount(world);
      assert.equal(await isTrusted(world, ada, FORMER), false);
      assert.equal(await isTrusted(world, ada, '198.51.100.1'), true);
    }),
  );

  test(
    'are not trusted once somebody changes to it',
    withTestWorldAndFastHashing(async (world) => {
      await trustFormerOwner(world, countess);
      const { userId } = await createVerifiedAccount(world);
      await requestEmailChangeTo(world, userId);
      await confirmRequestedEmailChange(world, userId);
      assert.equal(await isTrusted(world, countess, FORMER), false);
      assert.equal(await isTrusted(world, countess, createTestContext().ip), true);
    }),
  );

  test(
    'are not trusted once a change of address is undone',
    withTestWorldAndFastHashing(async (world) => {
      const { userId } = await createVerifiedAccount(world);
      await requestEmailChangeTo(world, userId);
      await confirmRequestedEmailChange(world, userId);
      await trustFormerOwner(world, ada);
      await undoConfirmedEmailChange(world, userId);
      assert.equal(await isTrusted(world, ada, FORMER), false);
    }),
  );
});

test(
  'an unknown IP address is never trusted',
  withTestWorldAndFastHashing(async (world) => {
    await createVerifiedAccount(world);
    await login(world.deps, { address: ada, password: ADA_PASSWORD }, createTestContext({ ip: '' }));
    await replaceTrustedIpAddresses(world.deps, { address: ada, ip: '' });
    assert.equal(await isTrusted(world, ada, ''), false);
  }),
);
