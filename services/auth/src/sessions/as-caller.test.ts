import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requireExistingAccount } from '../account/index.ts';
import type { Caller } from '../deps.ts';
import { requestEmailChange } from '../email-change/request.ts';
import {
  ADA_PASSWORD,
  createVerifiedAccount,
  withTestWorldAndFastHashing,
} from '../email-change/testing/stage.ts';
import { requestOwnErasure } from '../erasure/request-erasure.ts';
import { changePassword } from '../passwords/change.ts';
import { changeProfile } from '../profile/change-profile.ts';
import { createRefusalPredicate, createTestContext, type TestWorld } from '../testing/world.ts';
import { login } from './login.ts';
import { logoutEverywhere } from './sessions.ts';

const newEmail = { canonical: 'eve@example.com', stored: 'eve@example.com' };

type Act = (world: TestWorld, caller: Caller) => Promise<unknown>;

const acts: Readonly<Record<string, Act>> = {
  'a change of the password': ({ deps }, caller) =>
    changePassword(
      deps,
      { currentPassword: ADA_PASSWORD, newPassword: 'another horse battery' },
      caller,
      createTestContext(),
    ),
  'a change of the address': ({ deps }, caller) =>
    requestEmailChange(deps, { newEmail, password: ADA_PASSWORD }, caller, createTestContext()),
  'a change of the profile': ({ deps }, caller) =>
    changeProfile(deps, { firstName: 'Eve' }, caller, createTestContext()),
  'an erasure': ({ deps }, caller) =>
    requestOwnErasure(deps, { password: ADA_PASSWORD }, caller, createTestContext()),
};

async function signIn({ deps }: TestWorld, address: string): Promise<Caller> {
  const { refreshToken, state } = await login(deps, { address, password: ADA_PASSWORD }, createTestContext());
  const { sessionId = '' } = deps.refreshTokens.open(refreshToken) ?? {};
  return { userId: state.userId, sessionId, state };
}

describe('if all sessions are ended while a request of one of them is processed:', () => {
  for (const [what, act] of Object.entries(acts)) {
    test(
      `${what} is refused, and changes nothing`,
      withTestWorldAndFastHashing(async (world) => {
        const { userId, address } = await createVerifiedAccount(world);
        const [thief, owner] = [await signIn(world, address), await signIn(world, address)];
        let before = 0;
        world.faults.push({
          meanwhile: async () => {
            await logoutEverywhere(world.deps, owner, createTestContext());
            before = requireExistingAccount(await world.deps.accounts.load(userId)).sequence;
          },
        });
        await assert.rejects(act(world, thief), createRefusalPredicate('unauthenticated'));
        assert.equal(requireExistingAccount(await world.deps.accounts.load(userId)).sequence, before);
      }),
    );

    test(
      `${what} is carried out if the account was changed otherwise`,
      withTestWorldAndFastHashing(async (world) => {
        const { address } = await createVerifiedAccount(world);
        const [caller, other] = [await signIn(world, address), await signIn(world, address)];
        world.faults.push({
          meanwhile: () => changeProfile(world.deps, { firstName: 'Ada' }, other, createTestContext()),
        });
        await act(world, caller);
      }),
    );
  }
});
