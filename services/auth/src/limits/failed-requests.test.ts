/** Tests that requests with a 5xx response do not count towards rate limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import { isLivingAccount } from '../account/index.ts';
import type { Caller } from '../deps.ts';
import {
  ADA_PASSWORD,
  createVerifiedAccount,
  withTestWorldAndFastHashing,
} from '../email-change/testing/stage.ts';
import { changePassword } from '../passwords/change.ts';
import { changeProfile } from '../profile/change-profile.ts';
import { login } from '../sessions/login.ts';
import {
  createRefusalPredicate,
  createTestContext,
  type InjectedAppendFault,
  type TestWorld,
} from '../testing/world.ts';

const PROFILE_CHANGES_PER_HOUR = 30;
const PASSWORD_CHANGES_PER_DAY = 30;

async function signIn({ deps }: TestWorld, address: string): Promise<Caller> {
  const { refreshToken, state } = await login(deps, { address, password: ADA_PASSWORD }, createTestContext());
  const { sessionId = '' } = deps.refreshTokens.open(refreshToken) ?? {};
  return { userId: state.userId, sessionId, state };
}

test(
  'changes of the profile that the journal did not record do not count',
  withTestWorldAndFastHashing(async (world) => {
    const { address } = await createVerifiedAccount(world);
    const caller = await signIn(world, address);
    const change = (n: number) =>
      changeProfile(world.deps, { firstName: `Ada ${n}` }, caller, createTestContext());
    for (let n = 0; n < PROFILE_CHANGES_PER_HOUR; n += 1) {
      // Inject many faults, because auth retries the append until the time budget of the request is used up.
      world.faults.push(...Array<InjectedAppendFault>(100).fill('request lost'));
      await assert.rejects(change(n), StoreUnavailable);
      world.faults.length = 0;
    }
    for (let n = 0; n < PROFILE_CHANGES_PER_HOUR; n += 1) await change(n);
    await assert.rejects(change(-1), createRefusalPredicate('rate_limited'));
  }),
);

test(
  'changes of the password that are answered 503 because the session of the caller could not be kept do not count',
  withTestWorldAndFastHashing(async (world) => {
    const { deps } = world;
    const { address } = await createVerifiedAccount(world);
    const caller = await signIn(world, address);
    let isDown = true;
    const sessions: typeof deps.sessions = {
      ...deps.sessions,
      liftSince: (...words) =>
        isDown ? Promise.reject(new StoreUnavailable(new Error('away'))) : deps.sessions.liftSince(...words),
    };
    async function change(currentPassword: string, newPassword: string): Promise<void> {
      const state = await deps.accounts.load(caller.userId);
      assert.ok(isLivingAccount(state));
      const request = { currentPassword, newPassword };
      await changePassword({ ...deps, sessions }, request, { ...caller, state }, createTestContext());
    }
    const passwords = Array.from(
      { length: PASSWORD_CHANGES_PER_DAY },
      (_, n) => `the new password of Ada ${n}`,
    );
    let current = ADA_PASSWORD;
    for (const next of passwords) {
      await assert.rejects(change(current, next), StoreUnavailable);
      current = next;
    }
    isDown = false;
    await change(current, 'the last password of Ada');
  }),
);

test(
  'a notice of a lockout that could not be recorded is sent with the next attempt',
  withTestWorldAndFastHashing(async (world) => {
    const { deps } = world;
    const { address } = await createVerifiedAccount(world);
    const context = createTestContext({ ip: '203.0.113.5' });
    let isDown = true;
    const requests = {
      ...deps.requests,
      add: (...words: Parameters<typeof deps.requests.add>) =>
        isDown ? Promise.reject(new StoreUnavailable(new Error('away'))) : deps.requests.add(...words),
    };
    const attempt = () => login({ ...deps, requests }, { address, password: 'not the password' }, context);
    for (let n = 0; n < 3; n += 1)
      await assert.rejects(attempt(), createRefusalPredicate('invalid_credentials'));
    await assert.rejects(attempt(), createRefusalPredicate('rate_limited'));
    isDown = false;
    await assert.rejects(attempt(), createRefusalPredicate('rate_limited'));
    const recorded = await deps.requests.claim({
      owner: 'the test',
      now: deps.now(),
      leaseMs: 1000,
      limit: 10,
    });
    assert.deepEqual(
      recorded.map(({ kind }) => kind),
      ['lockout'],
    );
  }),
);

test(
  'a failed login that cannot be counted for its IP address does not count for its address either',
  withTestWorldAndFastHashing(async (world) => {
    const { deps } = world;
    const { address } = await createVerifiedAccount(world);
    const context = createTestContext({ ip: '203.0.113.5' });
    const limits: typeof deps.limits = {
      ...deps.limits,
      take: (limit, ...words) =>
        limit === 'login-ip'
          ? Promise.reject(new StoreUnavailable(new Error('away')))
          : deps.limits.take(limit, ...words),
    };
    for (let n = 0; n < 10; n += 1)
      await assert.rejects(
        login({ ...deps, limits }, { address, password: 'not the password' }, context),
        StoreUnavailable,
      );
    await login(deps, { address, password: ADA_PASSWORD }, context);
  }),
);
