import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { disableAccount } from '../administration/manage-accounts.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import { DAY, inWorld, MINUTE, refusedAs, useCaseContext, type World } from '../testing/world.ts';
import type { SignedIn } from './login.ts';
import { login } from './login.ts';
import { refreshSession } from './refresh.ts';
import { logout, logoutEverywhere } from './sessions.ts';

/** The recipient of the mail about a reuse. */
const OWNER = { locale: 'en', person: { email: 'ada@example.com', username: 'somebody' } };
const ada = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const SECOND = 1000;
const invalid = refusedAs('refresh_token_invalid');

async function loggedIn(world: World): Promise<SignedIn> {
  await world.signUp(ada, PASSWORD);
  return login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
}

async function revocations(world: World, userId: string): Promise<number> {
  return (await world.typesOf(userId)).filter((type) => type === 'SessionsRevoked').length;
}

function loginLater(world: World): Promise<SignedIn> {
  world.advance(1);
  return login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
}

describe('a refresh token', () => {
  test(
    'gives the next one',
    inWorld(async (world) => {
      const first = await loggedIn(world);
      const second = await refreshSession(world.deps, first.refreshToken, useCaseContext());
      const third = await refreshSession(world.deps, second.refreshToken, useCaseContext());
      assert.equal(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size, 3);
    }),
  );

  test(
    'gives the same next one again for ten minutes, because the answer may have been lost',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const next = await refreshSession(world.deps, refreshToken, useCaseContext());
      world.advance(10 * MINUTE);
      assert.equal(
        (await refreshSession(world.deps, refreshToken, useCaseContext())).refreshToken,
        next.refreshToken,
      );
      assert.equal(await revocations(world, state.userId), 0);
    }),
  );

  test(
    'presented by several at once gives all of them the same',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const all = await Promise.all(
        Array.from({ length: 5 }, () => refreshSession(world.deps, refreshToken, useCaseContext())),
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
        const failing = { ...world.deps, accounts: { ...world.deps.accounts, load } };
        await assert.rejects(refreshSession(failing, refreshToken, useCaseContext()), failure);
        world.advance(60 * SECOND);
        await refreshSession(world.deps, refreshToken, useCaseContext());
        assert.equal(await revocations(world, state.userId), 0);
      }),
    );
  }

  test(
    'is told apart from theft by processes whose clocks differ',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const next = await refreshSession(world.deps, refreshToken, useCaseContext());
      for (const skew of [MINUTE, -2 * MINUTE, -10 * DAY]) {
        world.advance(skew);
        assert.equal(
          (await refreshSession(world.deps, refreshToken, useCaseContext())).refreshToken,
          next.refreshToken,
        );
      }
      assert.equal(await revocations(world, state.userId), 0);
    }),
  );

  test(
    'used again after ten minutes ends its session, once, and no other',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const other = await login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
      const next = await refreshSession(world.deps, refreshToken, useCaseContext());
      world.advance(11 * MINUTE + SECOND);
      await assert.rejects(refreshSession(world.deps, refreshToken, useCaseContext()), invalid);
      await assert.rejects(refreshSession(world.deps, next.refreshToken, useCaseContext()), invalid);
      await assert.rejects(refreshSession(world.deps, refreshToken, useCaseContext()), invalid);
      await refreshSession(world.deps, other.refreshToken, useCaseContext());
      assert.equal(await revocations(world, state.userId), 1);
    }),
  );

  test(
    'whose successor was used is stolen, however soon it comes: its session ends',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const other = await login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
      const next = await refreshSession(world.deps, refreshToken, useCaseContext());
      const third = await refreshSession(world.deps, next.refreshToken, useCaseContext());
      await assert.rejects(refreshSession(world.deps, refreshToken, useCaseContext()), invalid);
      await assert.rejects(refreshSession(world.deps, third.refreshToken, useCaseContext()), invalid);
      await refreshSession(world.deps, other.refreshToken, useCaseContext());
      const facts = await world.factsOf(state.userId);
      const sessionId = world.deps.refreshTokens.open(refreshToken)?.sessionId;
      const data = { userId: state.userId, reason: 'refresh-reuse', sessionId };
      assert.deepEqual(facts.at(-1)?.data, { ...data, ...OWNER });
    }),
  );

  test(
    'whose successor was used by another client ends every session',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const other = await login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
      const next = await refreshSession(world.deps, refreshToken, useCaseContext());
      await refreshSession(
        world.deps,
        next.refreshToken,
        useCaseContext({ userAgent: 'the browser of a thief' }),
      );
      await assert.rejects(refreshSession(world.deps, refreshToken, useCaseContext()), invalid);
      await assert.rejects(refreshSession(world.deps, other.refreshToken, useCaseContext()), invalid);
      assert.deepEqual((await world.factsOf(state.userId)).at(-1)?.data, {
        userId: state.userId,
        reason: 'refresh-reuse',
        ...OWNER,
      });
    }),
  );

  test(
    'of a session that a theft has ended works for nobody, though a crash left its row',
    inWorld(async (world) => {
      const { refreshToken } = await loggedIn(world);
      const next = await refreshSession(world.deps, refreshToken, useCaseContext());
      const third = await refreshSession(world.deps, next.refreshToken, useCaseContext());
      const away = new StoreUnavailable(new Error('away'));
      const sessions = { ...world.deps.sessions, remove: () => Promise.reject(away) };
      await assert.rejects(
        refreshSession({ ...world.deps, sessions }, refreshToken, useCaseContext()),
        invalid,
      );
      await assert.rejects(refreshSession(world.deps, third.refreshToken, useCaseContext()), invalid);
    }),
  );

  test(
    'of a session that is revoked already ends no session made later, though a crash left its row',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      await refreshSession(world.deps, refreshToken, useCaseContext());
      const revoke = { type: 'RevokeSessions', reason: 'admin' } as const;
      await world.deps.accounts.execute(state.userId, useCaseContext(), () => revoke);
      const later = await login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
      world.advance(DAY);
      await assert.rejects(refreshSession(world.deps, refreshToken, useCaseContext()), invalid);
      assert.equal(await revocations(world, state.userId), 1);
      await refreshSession(world.deps, later.refreshToken, useCaseContext());
    }),
  );

  test(
    'dies after two weeks without use',
    inWorld(async (world) => {
      const idle = await loggedIn(world);
      const used = await login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
      world.advance(13 * DAY);
      const next = await refreshSession(world.deps, used.refreshToken, useCaseContext());
      world.advance(DAY);
      await assert.rejects(refreshSession(world.deps, idle.refreshToken, useCaseContext()), invalid);
      world.advance(12 * DAY);
      await refreshSession(world.deps, next.refreshToken, useCaseContext());
    }),
  );

  test(
    'of the oldest session dies when an account signs in once more than it may have sessions',
    inWorld(async (world) => {
      const oldest = await loggedIn(world);
      const second = await loginLater(world);
      for (let n = 3; n <= 50; n += 1) await loginLater(world);
      await refreshSession(world.deps, oldest.refreshToken, useCaseContext());
      const newest = await loginLater(world);
      await assert.rejects(refreshSession(world.deps, oldest.refreshToken, useCaseContext()), invalid);
      for (const { refreshToken } of [second, newest])
        await refreshSession(world.deps, refreshToken, useCaseContext());
    }),
  );

  test(
    'dies thirty days after the login, however often it was rotated',
    inWorld(async (world) => {
      let { refreshToken } = await loggedIn(world);
      for (const days of [10, 10, 9]) {
        world.advance(days * DAY);
        ({ refreshToken } = await refreshSession(world.deps, refreshToken, useCaseContext()));
      }
      world.advance(DAY);
      await assert.rejects(refreshSession(world.deps, refreshToken, useCaseContext()), invalid);
    }),
  );

  test(
    'ends with its own session, with every session, with the account, and is none at all if forged',
    inWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      await logout(world.deps, refreshToken);
      await assert.rejects(refreshSession(world.deps, refreshToken, useCaseContext()), invalid);

      const second = await login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
      await logoutEverywhere(world.deps, { userId: state.userId, sessionId: '', state }, useCaseContext());
      await assert.rejects(refreshSession(world.deps, second.refreshToken, useCaseContext()), invalid);

      const third = await login(world.deps, { address: ada, password: PASSWORD }, useCaseContext());
      await disableAccount(world.deps, { userId: state.userId, by: 'ops' }, useCaseContext());
      await assert.rejects(refreshSession(world.deps, third.refreshToken, useCaseContext()), invalid);
      await assert.rejects(
        refreshSession(world.deps, `${third.refreshToken.slice(0, -1)}!`, useCaseContext()),
        invalid,
      );
    }),
  );
});
