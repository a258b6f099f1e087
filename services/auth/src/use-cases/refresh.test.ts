import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { UnreadableCommit } from '../ports/journal.ts';
import { createUseCases } from './index.ts';
import type { SignedIn } from './login.ts';
import { context, DAY, inWorld, refused, type World } from './testing/world.ts';

const ada = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const SECOND = 1000;
const invalid = refused('refresh_token_invalid');

async function loggedIn(world: World): Promise<SignedIn> {
  await world.signUp(ada, PASSWORD);
  return world.useCases.login(ada, PASSWORD, context());
}

async function revocations(world: World, userId: string): Promise<number> {
  return (await world.typesOf(userId)).filter((type) => type === 'SessionsRevoked').length;
}

describe('a refresh token', () => {
  test(
    'gives the next one',
    inWorld(async (world) => {
      const first = await loggedIn(world);
      const second = await world.useCases.refresh(first.refreshToken, context());
      const third = await world.useCases.refresh(second.refreshToken, context());
      assert.equal(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size, 3);
    }),
  );

  test(
    'gives the same next one again within ten seconds, for the answer may have been lost',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const next = await world.useCases.refresh(refreshToken, context());
      world.advance(10 * SECOND);
      assert.equal((await world.useCases.refresh(refreshToken, context())).refreshToken, next.refreshToken);
      assert.equal(await revocations(world, state.userId), 0);
    }),
  );

  test(
    'presented by several at once gives all of them the same',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const all = await Promise.all(
        Array.from({ length: 5 }, () => world.useCases.refresh(refreshToken, context())),
      );
      assert.equal(new Set(all.map((answer) => answer.refreshToken)).size, 1);
      assert.equal(await revocations(world, state.userId), 0);
    }),
  );

  for (const failure of [
    new StoreUnavailable(new Error('away')),
    new UnreadableCommit('an account', 2, 'a newer release wrote it'),
  ]) {
    test(
      `is not used up where the account cannot be had: ${failure.name}`,
      inWorld(async (world) => {
        const { refreshToken, state } = await loggedIn(world);
        function load() {
          return Promise.reject(failure);
        }
        const { refresh } = createUseCases({ ...world.deps, accounts: { ...world.deps.accounts, load } });
        await assert.rejects(refresh(refreshToken, context()), failure);
        world.advance(60 * SECOND);
        await world.useCases.refresh(refreshToken, context());
        assert.equal(await revocations(world, state.userId), 0);
      }),
    );
  }

  test(
    'presented after that was stolen by somebody: every session ends, once',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const other = await world.useCases.login(ada, PASSWORD, context());
      const next = await world.useCases.refresh(refreshToken, context());
      world.advance(10 * SECOND + 1);
      await assert.rejects(world.useCases.refresh(refreshToken, context()), invalid);
      await assert.rejects(world.useCases.refresh(next.refreshToken, context()), invalid);
      await assert.rejects(world.useCases.refresh(other.refreshToken, context()), invalid);
      await assert.rejects(world.useCases.refresh(refreshToken, context()), invalid);
      assert.equal(await revocations(world, state.userId), 1);
    }),
  );

  test(
    'two rotations old is stolen also within ten seconds',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const next = await world.useCases.refresh(refreshToken, context());
      await world.useCases.refresh(next.refreshToken, context());
      await assert.rejects(world.useCases.refresh(refreshToken, context()), invalid);
      assert.equal(await revocations(world, state.userId), 1);
    }),
  );

  test(
    'of a session that is revoked already ends no session made later, though a crash left its row',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      await world.useCases.refresh(refreshToken, context());
      const revoke = { type: 'RevokeSessions', reason: 'admin' } as const;
      await world.deps.accounts.execute(state.userId, context(), () => revoke);
      const later = await world.useCases.login(ada, PASSWORD, context());
      world.advance(DAY);
      await assert.rejects(world.useCases.refresh(refreshToken, context()), invalid);
      assert.equal(await revocations(world, state.userId), 1);
      await world.useCases.refresh(later.refreshToken, context());
    }),
  );

  test(
    'dies thirty days after the login, however often it was rotated',
    inWorld(async (world) => {
      let { refreshToken } = await loggedIn(world);
      for (const days of [10, 10, 9]) {
        world.advance(days * DAY);
        ({ refreshToken } = await world.useCases.refresh(refreshToken, context()));
      }
      world.advance(DAY);
      await assert.rejects(world.useCases.refresh(refreshToken, context()), invalid);
    }),
  );

  test(
    'ends with its own session, with every session, with the account, and is none at all if forged',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      await world.useCases.logout(refreshToken);
      await assert.rejects(world.useCases.refresh(refreshToken, context()), invalid);

      const second = await world.useCases.login(ada, PASSWORD, context());
      await world.useCases.logoutEverywhere({ userId: state.userId, sessionId: '', state }, context());
      await assert.rejects(world.useCases.refresh(second.refreshToken, context()), invalid);

      const third = await world.useCases.login(ada, PASSWORD, context());
      await world.useCases.disableAccount({ userId: state.userId, by: 'ops' }, context());
      await assert.rejects(world.useCases.refresh(third.refreshToken, context()), invalid);
      await assert.rejects(world.useCases.refresh(`${third.refreshToken.slice(0, -1)}!`, context()), invalid);
    }),
  );
});
