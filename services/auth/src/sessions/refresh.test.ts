import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { disableAccount } from '../administration/manage-accounts.ts';
import type { AuditSink, SecurityEventReport } from '../ports/audit.ts';
import { UnreadableCommit } from '../ports/journal.ts';
import { verifySignUp } from '../sign-up/verification.ts';
import {
  createRefusalPredicate,
  createTestContext,
  DAY_MS,
  MINUTE_MS,
  type TestWorld,
  withTestWorld,
} from '../testing/world.ts';
import type { SignInResult } from './login.ts';
import { login } from './login.ts';
import { refreshSession } from './refresh.ts';
import { logout, logoutEverywhere } from './sessions.ts';

/** The recipient in the event about the reuse of a refresh token. */
const OWNER = { locale: 'en', person: { email: 'ada@example.com', username: 'somebody' } };
const ada = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const SECOND = 1000;
const invalid = createRefusalPredicate('refresh_token_invalid');

async function loggedIn(world: TestWorld): Promise<SignInResult> {
  const { userId } = await world.signUp(ada, PASSWORD);
  const evidence = { kind: 'password', password: PASSWORD } as const;
  const token = world.tokenOf(userId, 'verification');
  await verifySignUp(world.deps, { token, evidence }, createTestContext());
  return login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
}

async function revocations(world: TestWorld, userId: string): Promise<number> {
  return (await world.typesOf(userId)).filter((type) => type === 'SessionsRevoked').length;
}

/**
 * Returns the dependencies of a test world, and the list to which their reports of security events are added.
 */
function withReports({ deps }: TestWorld) {
  const reports: SecurityEventReport[] = [];
  const audit: AuditSink = { record: (report) => reports.push(report) };
  return { deps: { ...deps, audit }, reports };
}

function loginLater(world: TestWorld): Promise<SignInResult> {
  world.advance(1);
  return login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
}

describe('a refresh token', () => {
  test(
    'gives the next one',
    withTestWorld(async (world) => {
      const first = await loggedIn(world);
      const second = await refreshSession(world.deps, first.refreshToken, createTestContext());
      const third = await refreshSession(world.deps, second.refreshToken, createTestContext());
      assert.equal(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size, 3);
    }),
  );

  test(
    'gives the same next one again for ten minutes, because the answer may have been lost',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const next = await refreshSession(world.deps, refreshToken, createTestContext());
      world.advance(10 * MINUTE_MS);
      assert.equal(
        (await refreshSession(world.deps, refreshToken, createTestContext())).refreshToken,
        next.refreshToken,
      );
      assert.equal(await revocations(world, state.userId), 0);
    }),
  );

  test(
    'gives the same next token to concurrent requests',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const all = await Promise.all(
        Array.from({ length: 5 }, () => refreshSession(world.deps, refreshToken, createTestContext())),
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
      `is not used up if the account is unavailable: ${failure.name}`,
      withTestWorld(async (world) => {
        const { refreshToken, state } = await loggedIn(world);
        function load() {
          return Promise.reject(failure);
        }
        const failing = { ...world.deps, accounts: { ...world.deps.accounts, load } };
        await assert.rejects(refreshSession(failing, refreshToken, createTestContext()), failure);
        world.advance(60 * SECOND);
        await refreshSession(world.deps, refreshToken, createTestContext());
        assert.equal(await revocations(world, state.userId), 0);
      }),
    );
  }

  test(
    'is distinguished from theft by processes whose clocks differ',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const next = await refreshSession(world.deps, refreshToken, createTestContext());
      for (const skew of [MINUTE_MS, -2 * MINUTE_MS, -10 * DAY_MS]) {
        world.advance(skew);
        assert.equal(
          (await refreshSession(world.deps, refreshToken, createTestContext())).refreshToken,
          next.refreshToken,
        );
      }
      assert.equal(await revocations(world, state.userId), 0);
    }),
  );

  test(
    'used again after ten minutes ends its session, once, and no other',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const other = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      const next = await refreshSession(world.deps, refreshToken, createTestContext());
      world.advance(11 * MINUTE_MS + SECOND);
      await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);
      await assert.rejects(refreshSession(world.deps, next.refreshToken, createTestContext()), invalid);
      await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);
      await refreshSession(world.deps, other.refreshToken, createTestContext());
      assert.equal(await revocations(world, state.userId), 1);
    }),
  );

  test(
    'whose successor was used is stolen, however soon it comes: its session ends',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const other = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      const next = await refreshSession(world.deps, refreshToken, createTestContext());
      const third = await refreshSession(world.deps, next.refreshToken, createTestContext());
      await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);
      await assert.rejects(refreshSession(world.deps, third.refreshToken, createTestContext()), invalid);
      await refreshSession(world.deps, other.refreshToken, createTestContext());
      const facts = await world.factsOf(state.userId);
      const sessionId = world.deps.refreshTokens.open(refreshToken)?.sessionId;
      const data = { userId: state.userId, reason: 'refresh-reuse', sessionId };
      assert.deepEqual(facts.at(-1)?.data, { ...data, ...OWNER });
    }),
  );

  test(
    'that is used again ends its session each time, and the owner is told ten times a day',
    withTestWorld(async (world) => {
      const { state } = await loggedIn(world);
      for (const _ of Array(12).keys()) {
        const { refreshToken } = await loginLater(world);
        const next = await refreshSession(world.deps, refreshToken, createTestContext());
        await refreshSession(world.deps, next.refreshToken, createTestContext());
        await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);
        // The session has already ended, so this second use of the token must not revoke it again.
        await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);
      }
      const revoked = (await world.factsOf(state.userId)).filter(({ type }) => type === 'SessionsRevoked');
      assert.deepEqual(
        revoked.map(({ data }) => 'person' in data),
        [...Array<boolean>(10).fill(true), false, false],
      );
    }),
  );

  test(
    'whose successor was used by another client ends every session',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const other = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      const next = await refreshSession(world.deps, refreshToken, createTestContext());
      await refreshSession(
        world.deps,
        next.refreshToken,
        createTestContext({ userAgent: 'the browser of a thief' }),
      );
      await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);
      await assert.rejects(refreshSession(world.deps, other.refreshToken, createTestContext()), invalid);
      assert.deepEqual((await world.factsOf(state.userId)).at(-1)?.data, {
        userId: state.userId,
        reason: 'refresh-reuse',
        ...OWNER,
      });
    }),
  );

  test(
    'that another client sends again ends only its session, before its successor is used',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const other = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      const next = await refreshSession(world.deps, refreshToken, createTestContext());
      const thief = createTestContext({ userAgent: 'the browser of a thief' });
      await assert.rejects(refreshSession(world.deps, refreshToken, thief), invalid);
      await assert.rejects(refreshSession(world.deps, next.refreshToken, createTestContext()), invalid);
      const sessionId = world.deps.refreshTokens.open(refreshToken)?.sessionId;
      const data = { userId: state.userId, reason: 'refresh-reuse', sessionId, ...OWNER };
      assert.deepEqual((await world.factsOf(state.userId)).at(-1)?.data, data);
      await refreshSession(world.deps, other.refreshToken, createTestContext());
    }),
  );

  test(
    'that is sent again is reported, with whether the network is another one',
    withTestWorld(async (world) => {
      const { deps, reports } = withReports(world);
      const { refreshToken, state } = await loggedIn(world);
      await refreshSession(deps, refreshToken, createTestContext());
      assert.deepEqual(reports, []);
      const sessionId = deps.refreshTokens.open(refreshToken)?.sessionId;
      for (const [ip, network] of [
        ['192.0.2.200', 'same'],
        ['198.51.100.7', 'other'],
      ] as const) {
        await refreshSession(deps, refreshToken, createTestContext({ ip }));
        assert.deepEqual(reports.splice(0), [
          {
            origin: createTestContext({ ip }),
            occurrence: {
              type: 'RefreshTokenRepeated',
              data: { actor: 'unknown', accountId: state.userId, sessionId, network },
            },
            onceAMinuteFor: `${sessionId} ${network}`,
          },
        ]);
      }
    }),
  );

  test(
    'of a thief who looks like the owner, but is in another network, works four times, and then ends its session',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      const [home, away] = [createTestContext(), createTestContext({ ip: '198.51.100.7' })];
      let [owner, thief] = [refreshToken, refreshToken];
      for (let n = 1; n <= 4; n += 1) {
        ({ refreshToken: owner } = await refreshSession(world.deps, owner, home));
        ({ refreshToken: thief } = await refreshSession(world.deps, thief, away));
        assert.equal(thief, owner);
      }
      ({ refreshToken: owner } = await refreshSession(world.deps, owner, home));
      await assert.rejects(refreshSession(world.deps, thief, away), invalid);
      await assert.rejects(refreshSession(world.deps, owner, home), invalid);
      const sessionId = world.deps.refreshTokens.open(refreshToken)?.sessionId;
      const data = { userId: state.userId, reason: 'refresh-reuse', sessionId, ...OWNER };
      assert.deepEqual((await world.factsOf(state.userId)).at(-1)?.data, data);
    }),
  );

  test(
    'is judged again if its successor is used while it is sent again',
    withTestWorld(async (world) => {
      const { refreshToken } = await loggedIn(world);
      const next = await refreshSession(world.deps, refreshToken, createTestContext());
      const { sessions } = world.deps;
      const setRepeats: typeof sessions.setRepeats = async (id, repeats) => {
        await refreshSession(world.deps, next.refreshToken, createTestContext());
        return sessions.setRepeats(id, repeats);
      };
      const deps = { ...world.deps, sessions: { ...sessions, setRepeats } };
      const away = createTestContext({ ip: '198.51.100.7' });
      await assert.rejects(refreshSession(deps, refreshToken, away), invalid);
      await assert.rejects(refreshSession(world.deps, next.refreshToken, createTestContext()), invalid);
    }),
  );

  test(
    'of a session that a theft has ended works for nobody, though a crash left its row',
    withTestWorld(async (world) => {
      const { refreshToken } = await loggedIn(world);
      const next = await refreshSession(world.deps, refreshToken, createTestContext());
      const third = await refreshSession(world.deps, next.refreshToken, createTestContext());
      const away = new StoreUnavailable(new Error('away'));
      const sessions = { ...world.deps.sessions, remove: () => Promise.reject(away) };
      await assert.rejects(
        refreshSession({ ...world.deps, sessions }, refreshToken, createTestContext()),
        invalid,
      );
      await assert.rejects(refreshSession(world.deps, third.refreshToken, createTestContext()), invalid);
    }),
  );

  test(
    'of a session that is revoked already ends no session made later, though a crash left its row',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      await refreshSession(world.deps, refreshToken, createTestContext());
      const revoke = { type: 'RevokeSessions', reason: 'admin' } as const;
      await world.deps.accounts.execute(state.userId, createTestContext(), () => revoke);
      const later = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      world.advance(DAY_MS);
      await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);
      assert.equal(await revocations(world, state.userId), 1);
      await refreshSession(world.deps, later.refreshToken, createTestContext());
    }),
  );

  test(
    'dies after two weeks without use',
    withTestWorld(async (world) => {
      const idle = await loggedIn(world);
      const used = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      world.advance(13 * DAY_MS);
      const next = await refreshSession(world.deps, used.refreshToken, createTestContext());
      world.advance(DAY_MS);
      await assert.rejects(refreshSession(world.deps, idle.refreshToken, createTestContext()), invalid);
      world.advance(12 * DAY_MS);
      await refreshSession(world.deps, next.refreshToken, createTestContext());
    }),
  );

  test(
    'of the oldest session dies when an account signs in once more than it may have sessions',
    withTestWorld(async (world) => {
      const oldest = await loggedIn(world);
      const second = await loginLater(world);
      for (let n = 3; n <= 50; n += 1) await loginLater(world);
      await refreshSession(world.deps, oldest.refreshToken, createTestContext());
      const newest = await loginLater(world);
      await assert.rejects(refreshSession(world.deps, oldest.refreshToken, createTestContext()), invalid);
      for (const { refreshToken } of [second, newest])
        await refreshSession(world.deps, refreshToken, createTestContext());
    }),
  );

  test(
    'dies thirty days after the login, however often it was rotated',
    withTestWorld(async (world) => {
      let { refreshToken } = await loggedIn(world);
      for (const days of [10, 10, 9]) {
        world.advance(days * DAY_MS);
        ({ refreshToken } = await refreshSession(world.deps, refreshToken, createTestContext()));
      }
      world.advance(DAY_MS);
      await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);
    }),
  );

  test(
    'ends with its own session, with every session, with the account, and is none at all if forged',
    withTestWorld(async (world) => {
      const { refreshToken, state } = await loggedIn(world);
      await logout(world.deps, refreshToken, createTestContext());
      await assert.rejects(refreshSession(world.deps, refreshToken, createTestContext()), invalid);

      const second = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      await logoutEverywhere(world.deps, { userId: state.userId, sessionId: '', state }, createTestContext());
      await assert.rejects(refreshSession(world.deps, second.refreshToken, createTestContext()), invalid);

      const third = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      await disableAccount(world.deps, { userId: state.userId, by: 'ops' }, createTestContext());
      await assert.rejects(refreshSession(world.deps, third.refreshToken, createTestContext()), invalid);
      await assert.rejects(
        refreshSession(world.deps, `${third.refreshToken.slice(0, -1)}!`, createTestContext()),
        invalid,
      );
    }),
  );
});
