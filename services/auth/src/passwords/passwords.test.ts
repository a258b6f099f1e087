import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { processMailRequest } from '../requests/written-requests.ts';
import { login } from '../sessions/login.ts';
import { refreshSession } from '../sessions/refresh.ts';
import { verifySignUp } from '../sign-up/verification.ts';
import {
  createRefusalPredicate,
  createTestContext,
  type TestWorld,
  withTestWorld,
} from '../testing/world.ts';
import { changePassword } from './change.ts';
import { completePasswordReset } from './reset.ts';

const ada = 'ada@example.com';
const [PASSWORD, ANOTHER] = ['correct horse battery', 'another horse battery'];

/** Returns dependencies whose rate limits can count points, but fail to clear or give back points. */
function losingLimits({ deps }: TestWorld) {
  function away() {
    return Promise.reject(new StoreUnavailable(new Error('away')));
  }
  return {
    ...deps,
    limits: { ...deps.limits, clear: away, giveBack: away },
    trustedAddresses: { ...deps.trustedAddresses, trust: away },
  };
}

async function signIn(world: TestWorld, password: string) {
  const { refreshToken, state } = await login(world.deps, { address: ada, password }, createTestContext());
  const sessionId = world.deps.refreshTokens.open(refreshToken)?.sessionId ?? '';
  return { refreshToken, signed: { userId: state.userId, sessionId, state } };
}

describe('an outcome is reported even if the counts of attempts are unavailable by then:', () => {
  test(
    'a reset',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      const { deps } = world;
      const at = deps.now().toISOString();
      const kind = 'password-reset';
      await processMailRequest(deps, {
        id: deps.newId(),
        kind,
        address: ada,
        at,
        correlationId: 'request-2',
      });
      const reset = {
        token: world.tokenOf(userId, 'reset'),
        newPassword: ANOTHER,
        confirmNewPassword: ANOTHER,
      };
      await completePasswordReset(losingLimits(world), reset, createTestContext());
      await signIn(world, ANOTHER);
    }),
  );

  test(
    'a change, and the session that requested it continues',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      await verifySignUp(
        world.deps,
        { token: world.tokenOf(userId, 'verification'), evidence: { kind: 'password', password: PASSWORD } },
        createTestContext(),
      );
      const { refreshToken, signed } = await signIn(world, PASSWORD);
      const change = { currentPassword: PASSWORD, newPassword: ANOTHER };
      await changePassword(losingLimits(world), change, signed, createTestContext());
      await refreshSession(world.deps, refreshToken, createTestContext());
    }),
  );

  test(
    'a wrong password',
    withTestWorld(async (world) => {
      await world.signUp(ada, PASSWORD);
      const { signed } = await signIn(world, PASSWORD);
      const change = { currentPassword: 'wrong horse battery', newPassword: ANOTHER };
      await assert.rejects(
        changePassword(losingLimits(world), change, signed, createTestContext()),
        createRefusalPredicate('current_password_incorrect'),
      );
    }),
  );
});

test(
  'a new password ends the trust in the other IP addresses where somebody has signed in',
  withTestWorld(async (world) => {
    const { deps, signUp, tokenOf } = world;
    const { userId } = await signUp(ada, PASSWORD);
    const evidence = { kind: 'password', password: PASSWORD } as const;
    const token = tokenOf(userId, 'verification');
    await verifySignUp(deps, { token, evidence }, createTestContext());
    const elsewhere = { ...createTestContext(), ip: '198.51.100.7' };
    await login(deps, { address: ada, password: PASSWORD }, elsewhere);
    assert.equal(await deps.trustedAddresses.isTrusted({ address: ada, ip: elsewhere.ip }, deps.now()), true);
    const { signed } = await signIn(world, PASSWORD);
    const here = createTestContext();
    await changePassword(deps, { currentPassword: PASSWORD, newPassword: ANOTHER }, signed, here);
    assert.equal(
      await deps.trustedAddresses.isTrusted({ address: ada, ip: elsewhere.ip }, deps.now()),
      false,
    );
    assert.equal(await deps.trustedAddresses.isTrusted({ address: ada, ip: here.ip }, deps.now()), true);
  }),
);
