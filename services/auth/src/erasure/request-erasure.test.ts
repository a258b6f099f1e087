import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requireExistingAccount } from '../account/index.ts';
import {
  ada,
  ADA_PASSWORD as CHANGER_PASSWORD,
  createAccountWithChangedEmail,
  undoConfirmedEmailChange,
  withTestWorldAndFastHashing,
} from '../email-change/testing/stage.ts';
import type { AuditSink, SecurityEventReport } from '../ports/audit.ts';
import { login } from '../sessions/login.ts';
import { verifySignUp } from '../sign-up/verification.ts';
import {
  createRefusalPredicate,
  createTestContext,
  DAY_MS,
  type TestWorld,
  withTestWorld,
} from '../testing/world.ts';
import {
  cancelErasure,
  getErasureView,
  requestErasureOfAccount,
  requestOwnErasure,
} from './request-erasure.ts';
import { eraseDueAccounts } from './sweep.ts';

const ADDRESS = 'ada@example.com';
const PASSWORD = 'countess of lovelace';

/**
 * Signs up an account and verifies its address.
 * @returns the id of the account
 */
async function verified(world: TestWorld): Promise<string> {
  const { userId } = await world.signUp(ADDRESS, PASSWORD);
  const token = world.tokenOf(userId, 'verification');
  await verifySignUp(
    world.deps,
    { token, evidence: { kind: 'password', password: PASSWORD } },
    createTestContext(),
  );
  return userId;
}

async function caller(world: TestWorld, userId: string) {
  const state = await world.deps.accounts.load(userId);
  assert.ok(state.status === 'verified');
  return { userId, sessionId: 'a session', state };
}

describe('erasing an own account', () => {
  test(
    'can be requested ten times a day, so that mails about it are limited',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      async function request() {
        const me = await caller(world, userId);
        return requestOwnErasure(world.deps, { password: PASSWORD }, me, createTestContext());
      }
      for (const _ of Array(10).keys()) {
        await request();
        await cancelErasure(world.deps, world.tokenOf(userId, 'erasure'), createTestContext());
      }
      await assert.rejects(request(), createRefusalPredicate('rate_limited'));
      assert.equal((await world.deps.accounts.load(userId)).status, 'verified');
    }),
  );

  test(
    'takes the password, ends the sessions, and keeps people out',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      await login(world.deps, { address: ADDRESS, password: PASSWORD }, createTestContext());
      await assert.rejects(
        requestOwnErasure(
          world.deps,
          { password: 'wrong' },
          await caller(world, userId),
          createTestContext(),
        ),
        createRefusalPredicate('password_incorrect'),
      );
      const me = await caller(world, userId);
      const { eraseAt } = await requestOwnErasure(
        world.deps,
        { password: PASSWORD },
        me,
        createTestContext(),
      );
      assert.equal(Date.parse(eraseAt), world.deps.now().getTime() + 7 * DAY_MS);
      assert.deepEqual(await world.deps.sessions.list(userId, world.deps.now(), { limit: 9 }), []);
      await assert.rejects(
        login(world.deps, { address: ADDRESS, password: PASSWORD }, createTestContext()),
        createRefusalPredicate('account_disabled'),
      );
    }),
  );

  test(
    'records a wrong password as one of an erasure',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      const reports: SecurityEventReport[] = [];
      const audit: AuditSink = { record: (report) => reports.push(report) };
      await assert.rejects(
        requestOwnErasure(
          { ...world.deps, audit },
          { password: 'wrong' },
          await caller(world, userId),
          createTestContext(),
        ),
      );
      assert.deepEqual(
        reports.map(({ occurrence }) => occurrence),
        [
          {
            type: 'LoginFailed',
            data: { actor: userId, accountId: userId, reason: 'password', during: 'erasure' },
          },
        ],
      );
    }),
  );

  test(
    'is undone by the link of the mail, which works once',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      await requestErasureOfAccount(world.deps, { userId, by: 'ops' }, createTestContext());
      const token = world.tokenOf(userId, 'erasure');
      assert.equal((await getErasureView(world.deps, token)).locale, 'en');
      await cancelErasure(world.deps, token, createTestContext());
      await assert.rejects(
        cancelErasure(world.deps, token, createTestContext()),
        createRefusalPredicate('token_invalid'),
      );
      world.advance(8 * DAY_MS);
      await eraseDueAccounts(world.erasing);
      await login(world.deps, { address: ADDRESS, password: PASSWORD }, createTestContext());
      assert.deepEqual(await world.deps.erasures.due({ until: world.deps.now(), limit: 9 }), []);
    }),
  );

  test(
    'happens when it is due, and not before',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      await requestErasureOfAccount(world.deps, { userId, by: 'ops' }, createTestContext());
      const token = world.tokenOf(userId, 'erasure');
      world.advance(7 * DAY_MS - 1);
      await eraseDueAccounts(world.erasing);
      assert.ok(!(await world.typesOf(userId)).includes('AccountErased'));
      world.advance(1);
      await assert.rejects(
        cancelErasure(world.deps, token, createTestContext()),
        createRefusalPredicate('token_expired'),
      );
      await eraseDueAccounts(world.erasing);
      await eraseDueAccounts(world.erasing);
      assert.deepEqual((await world.typesOf(userId)).slice(-1), ['AccountErased']);
      await assert.rejects(getErasureView(world.deps, token), createRefusalPredicate('token_invalid'));
    }),
  );

  test(
    'that was requested again after it was canceled happens at the later instant',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      await requestErasureOfAccount(world.deps, { userId, by: 'ops' }, createTestContext());
      await cancelErasure(world.deps, world.tokenOf(userId, 'erasure'), createTestContext());
      world.advance(DAY_MS);
      await requestErasureOfAccount(world.deps, { userId, by: 'ops' }, createTestContext());
      world.advance(6 * DAY_MS);
      await eraseDueAccounts(world.erasing);
      assert.ok(!(await world.typesOf(userId)).includes('AccountErased'));
      world.advance(DAY_MS);
      await eraseDueAccounts(world.erasing);
      assert.ok((await world.typesOf(userId)).includes('AccountErased'));
    }),
  );

  test(
    'that is already pending is moved to an earlier instant by an operator, and is carried out once',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      await requestOwnErasure(
        world.deps,
        { password: PASSWORD },
        await caller(world, userId),
        createTestContext(),
      );
      const settings = { ...world.deps.settings, erasureGraceDays: 0 };
      const target = { userId, by: 'ops' };
      const { eraseAt } = await requestErasureOfAccount(
        { ...world.deps, settings },
        target,
        createTestContext(),
      );
      assert.equal(eraseAt, world.deps.now().toISOString());
      await assert.rejects(
        cancelErasure(world.deps, world.tokenOf(userId, 'erasure'), createTestContext()),
        createRefusalPredicate('token_invalid'),
      );
      await eraseDueAccounts(world.erasing);
      assert.equal((await world.typesOf(userId)).at(-1), 'AccountErased');
      world.advance(30 * DAY_MS);
      assert.deepEqual(await world.deps.erasures.due({ until: world.deps.now(), limit: 9 }), []);
    }),
  );

  test(
    'is refused to an admin for the own account, and for an account that does not exist',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      await assert.rejects(
        requestErasureOfAccount(world.deps, { userId, by: userId }, createTestContext()),
        createRefusalPredicate('own_account'),
      );
      const nobody = '0198c0de-0000-7000-8000-0000000000bb';
      await assert.rejects(
        requestErasureOfAccount(world.deps, { userId: nobody, by: 'ops' }, createTestContext()),
        createRefusalPredicate('not_found'),
      );
    }),
  );

  test(
    'with no days to undo it is due at once, and mails no link',
    withTestWorld(async (world) => {
      const userId = await verified(world);
      const settings = { ...world.deps.settings, erasureGraceDays: 0 };
      let woken = 0;
      const deps = { ...world.deps, settings, wakeEraser: () => (woken += 1) };
      await requestErasureOfAccount(deps, { userId, by: 'ops' }, createTestContext());
      assert.equal(woken, 1);
      assert.throws(() => world.tokenOf(userId, 'erasure'));
      await eraseDueAccounts(world.erasing);
      assert.equal(requireExistingAccount(await world.freshAccounts().load(userId)).email, '');
    }),
  );

  test(
    'is not due before a change of address can no longer be undone, and the undo keeps the account',
    withTestWorldAndFastHashing(async (world) => {
      const settings = { ...world.deps.settings, erasureGraceDays: 0 };
      const deps = { ...world.deps, settings };
      const userId = await createAccountWithChangedEmail(world);
      const thief = await caller(world, userId);
      world.advance(3 * DAY_MS);
      const { eraseAt } = await requestOwnErasure(
        deps,
        { password: CHANGER_PASSWORD },
        thief,
        createTestContext(),
      );
      assert.equal(Date.parse(eraseAt), world.deps.now().getTime() + 4 * DAY_MS);
      await eraseDueAccounts(world.erasing);
      await undoConfirmedEmailChange(world, userId);
      world.advance(30 * DAY_MS);
      await eraseDueAccounts(world.erasing);
      const state = requireExistingAccount(await world.freshAccounts().load(userId));
      assert.deepEqual([state.email, state.disabled], [ada, false]);
    }),
  );

  test(
    'by an operator does not wait for the undo of a change of address',
    withTestWorldAndFastHashing(async (world) => {
      const userId = await createAccountWithChangedEmail(world);
      const settings = { ...world.deps.settings, erasureGraceDays: 0 };
      await requestErasureOfAccount({ ...world.deps, settings }, { userId, by: 'ops' }, createTestContext());
      await eraseDueAccounts(world.erasing);
      assert.equal(requireExistingAccount(await world.freshAccounts().load(userId)).email, '');
    }),
  );
});
