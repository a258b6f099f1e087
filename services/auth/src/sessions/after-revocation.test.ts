/** Tests that removing revoked sessions does not remove a session that begins right after the revocation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeRole, disableAccount, enableAccount } from '../administration/manage-accounts.ts';
import type { Caller, UseCaseDeps } from '../deps.ts';
import {
  ADA_PASSWORD,
  createVerifiedAccount,
  withTestWorldAndFastHashing,
} from '../email-change/testing/stage.ts';
import { changePassword } from '../passwords/change.ts';
import { completePasswordReset } from '../passwords/reset.ts';
import { processMailRequest } from '../requests/written-requests.ts';
import { createRefusalPredicate, createTestContext, type TestWorld } from '../testing/world.ts';
import { login } from './login.ts';
import { refreshSession } from './refresh.ts';
import { logoutEverywhere } from './sessions.ts';

const context = createTestContext();
const NEW_PASSWORD = 'another horse battery';

interface Revocation {
  /** Revokes all sessions of the account. Each test revokes them in a different way. */
  revoke(deps: UseCaseDeps, caller: Caller, world: TestWorld): Promise<unknown>;
  /** Makes it possible to sign in again. Set if the account is disabled by `revoke`. */
  readonly reopen?: (world: TestWorld, userId: string) => Promise<unknown>;
  /** The account's password after the revocation, if it has changed. */
  readonly password?: string;
}

const revocations: Readonly<Record<string, Revocation>> = {
  'a logout everywhere': { revoke: (deps, caller) => logoutEverywhere(deps, caller, context) },
  'a change of the role': {
    revoke: (deps, { userId }) => changeRole(deps, { userId, by: 'ops', role: 'admin' }, context),
  },
  'a disabling that is undone at once': {
    revoke: (deps, { userId }) => disableAccount(deps, { userId, by: 'ops' }, context),
    reopen: ({ deps }, userId) => enableAccount(deps, { userId, by: 'ops' }, context),
  },
  'a change of the password': {
    revoke: (deps, caller) =>
      changePassword(deps, { currentPassword: ADA_PASSWORD, newPassword: NEW_PASSWORD }, caller, context),
    password: NEW_PASSWORD,
  },
  'a reset of the password': {
    async revoke(deps, { userId, state: { address } }, world) {
      await processMailRequest(deps, {
        id: deps.newId(),
        kind: 'password-reset',
        address,
        at: deps.now().toISOString(),
        correlationId: 'request-1',
      });
      const token = world.tokenOf(userId, 'reset');
      await completePasswordReset(
        deps,
        { token, newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD },
        context,
      );
    },
    password: NEW_PASSWORD,
  },
};

for (const [what, { revoke, reopen, password = ADA_PASSWORD }] of Object.entries(revocations)) {
  test(
    `${what} does not end a session that begins before it has removed the others`,
    withTestWorldAndFastHashing(async (world) => {
      const { deps } = world;
      const { address, userId } = await createVerifiedAccount(world);
      const before = await login(deps, { address, password: ADA_PASSWORD }, context);
      const other = await login(deps, { address, password: ADA_PASSWORD }, context);
      const { sessionId = '' } = deps.refreshTokens.open(before.refreshToken) ?? {};

      let after = '';
      const sessions: typeof deps.sessions = {
        ...deps.sessions,
        async removeAll(...words) {
          await reopen?.(world, userId);
          after = (await login(deps, { address, password }, context)).refreshToken;
          await deps.sessions.removeAll(...words);
        },
      };
      await revoke({ ...deps, sessions }, { userId, sessionId, state: before.state }, world);

      await refreshSession(deps, after, context);
      await assert.rejects(
        refreshSession(deps, other.refreshToken, context),
        createRefusalPredicate('refresh_token_invalid'),
      );
      const { sessionId: otherId = '' } = deps.refreshTokens.open(other.refreshToken) ?? {};
      assert.equal(await deps.sessions.find(otherId), undefined);
    }),
  );
}
