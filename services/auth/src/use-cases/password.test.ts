import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { createUseCases } from './index.ts';
import { context, inWorld, refused, type World } from './testing/world.ts';
import { carryOut } from './written-requests.ts';

const ada = 'ada@example.com';
const [PASSWORD, ANOTHER] = ['correct horse battery', 'another horse battery'];

/** Auth whose counters take a point and then cannot be reached. */
function losingLimits({ deps }: World) {
  function away() {
    return Promise.reject(new StoreUnavailable(new Error('away')));
  }
  return createUseCases({
    ...deps,
    limits: { ...deps.limits, clear: away, giveBack: away },
    trustedAddresses: { ...deps.trustedAddresses, trust: away },
  });
}

async function login({ deps, useCases }: World, password: string) {
  const { refreshToken, state } = await useCases.login(ada, password, context());
  const sessionId = deps.refreshTokens.open(refreshToken)?.sessionId ?? '';
  return { refreshToken, signed: { userId: state.userId, sessionId, state } };
}

describe('what is done is told as done, though the counters of tries are away by then:', () => {
  test(
    'a reset',
    inWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      const { deps } = world;
      const at = deps.now().toISOString();
      const kind = 'password-reset';
      await carryOut(deps)({ id: deps.newId(), kind, address: ada, at, correlationId: 'request-2' });
      await losingLimits(world).completeReset(world.tokenOf(userId, 'reset'), ANOTHER, ANOTHER, context());
      await login(world, ANOTHER);
    }),
  );

  test(
    'a change, and the session that asked for it goes on',
    inWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      await world.useCases.verify(world.tokenOf(userId, 'verification'), PASSWORD, context());
      const { refreshToken, signed } = await login(world, PASSWORD);
      const change = { current: PASSWORD, next: ANOTHER };
      await losingLimits(world).changePassword(signed, change, context());
      await world.useCases.refresh(refreshToken, context());
    }),
  );

  test(
    'a wrong password',
    inWorld(async (world) => {
      await world.signUp(ada, PASSWORD);
      const { signed } = await login(world, PASSWORD);
      const change = { current: 'wrong horse battery', next: ANOTHER };
      await assert.rejects(
        losingLimits(world).changePassword(signed, change, context()),
        refused('current_password_incorrect'),
      );
    }),
  );
});
