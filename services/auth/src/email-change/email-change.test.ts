import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLivingAccount } from '../account/index.ts';
import { findAddressOwnerId } from '../addresses/owners.ts';
import { processMailRequest, requestMailToAddress } from '../requests/written-requests.ts';
import { login } from '../sessions/login.ts';
import { findCallerOfToken } from '../sessions/session-status.ts';
import { runSignUpCleanupPass } from '../sign-up/cleanup.ts';
import { createRefusalPredicate, DAY_MS, MINUTE_MS } from '../testing/world.ts';
import { confirmEmailChange, getEmailChangeView } from './confirm.ts';
import { defineEmailChangeCrashContractTests } from './crash.contract.ts';
import {
  ADA_PASSWORD,
  ada,
  canSignIn,
  confirmRequestedEmailChange,
  countess,
  createAccountWithChangedEmail,
  createVerifiedAccount,
  defaultTestContext,
  eve,
  MAILBOX_OWNER_PASSWORD,
  requestEmailChangeTo,
  undoConfirmedEmailChange,
  withTestWorldAndFastHashing,
} from './testing/stage.ts';
import { getEmailUndoView } from './undo.ts';

describe('a change of address', () => {
  test(
    'is confirmed by the link and the password: login, with the same password, follows the address',
    withTestWorldAndFastHashing(async (world) => {
      const { userId } = await createVerifiedAccount(world);
      await requestEmailChangeTo(world, userId);
      assert.equal(await canSignIn(world, ada, ADA_PASSWORD), true);
      assert.equal(await canSignIn(world, countess, ADA_PASSWORD), false);
      await confirmRequestedEmailChange(world, userId);
      assert.equal(await canSignIn(world, countess, ADA_PASSWORD), true);
      assert.equal(await canSignIn(world, ada, ADA_PASSWORD), false);
      const types = await world.typesOf(userId);
      assert.deepEqual(types.slice(-2), ['EmailChangeRequested', 'EmailChanged']);
    }),
  );

  test(
    'keeps the session that confirms it',
    withTestWorldAndFastHashing(async (world) => {
      const { userId } = await createVerifiedAccount(world);
      const { state, refreshToken } = await login(
        world.deps,
        { address: ada, password: ADA_PASSWORD },
        defaultTestContext,
      );
      const [sid = ''] = refreshToken.split('.');
      await requestEmailChangeTo(world, userId);
      const token = world.tokenOf(userId, 'email-change');
      const holders = [{ userId, since: state.sequence }];
      await confirmEmailChange(
        world.deps,
        { token, evidence: { kind: 'holder', holders } },
        defaultTestContext,
      );
      const caller = await findCallerOfToken(world.deps, { sub: userId, sid, seq: state.sequence });
      assert.equal(caller?.state.email, countess);
    }),
  );

  test(
    'that was already confirmed is shown as confirmed, even after another one is requested',
    withTestWorldAndFastHashing(async (world) => {
      const userId = await createAccountWithChangedEmail(world);
      const token = world.tokenOf(userId, 'email-change');
      const made = { username: 'somebody', locale: 'en', newEmail: countess, used: true };
      assert.deepEqual(await getEmailChangeView(world.deps, token), made);
      world.advance(7 * DAY_MS);
      await requestEmailChangeTo(world, userId, eve);
      assert.deepEqual(await getEmailChangeView(world.deps, token), made);
    }),
  );

  test(
    'does not take place by the link alone: a mistyped address may be a stranger’s',
    withTestWorldAndFastHashing(async (world) => {
      const { userId } = await createVerifiedAccount(world);
      await requestEmailChangeTo(world, userId);
      const token = world.tokenOf(userId, 'email-change');
      const view = await getEmailChangeView(world.deps, token);
      assert.equal(JSON.stringify(view).includes(ada), false);
      for (const [evidence, kind] of [
        [{ kind: 'holder', holders: [] }, 'password_required'],
        [{ kind: 'password', password: 'a guess of the stranger' }, 'password_incorrect'],
      ] as const)
        await assert.rejects(
          confirmEmailChange(world.deps, { token, evidence }, defaultTestContext),
          createRefusalPredicate(kind),
        );
      await requestMailToAddress(
        world.deps,
        { kind: 'password-reset', address: countess },
        defaultTestContext,
      );
      const claim = { owner: 'w', now: world.deps.now(), leaseMs: 1000, limit: 9 };
      for (const request of await world.deps.requests.claim(claim))
        await processMailRequest(world.deps, request);
      assert.equal(await findAddressOwnerId(world.deps, countess), undefined);
      assert.equal(await canSignIn(world, ada, ADA_PASSWORD), true);
    }),
  );

  test(
    'counts wrong passwords as failed logins of the account',
    withTestWorldAndFastHashing(async (world) => {
      const { userId } = await createVerifiedAccount(world);
      for (let tries = 0; tries < 3; tries += 1)
        await assert.rejects(
          requestEmailChangeTo(world, userId, countess, 'wrong'),
          createRefusalPredicate('password_incorrect'),
        );
      await assert.rejects(requestEmailChangeTo(world, userId), createRefusalPredicate('rate_limited'));
    }),
  );

  test(
    'to an address of another account gets the same response, but no link that works',
    withTestWorldAndFastHashing(async (world) => {
      await createVerifiedAccount(world, eve, 'the password of eve');
      const { userId } = await createVerifiedAccount(world);
      const free = await requestEmailChangeTo(world, userId, countess);
      const taken = await requestEmailChangeTo(world, userId, eve);
      assert.deepEqual(
        taken.facts.map(({ type }) => type),
        free.facts.map(({ type }) => type),
      );
      await assert.rejects(
        confirmRequestedEmailChange(world, userId),
        createRefusalPredicate('token_invalid'),
      );
    }),
  );

  test(
    'fails if another account verifies the address first',
    withTestWorldAndFastHashing(async (world) => {
      const { userId } = await createVerifiedAccount(world);
      await requestEmailChangeTo(world, userId);
      await createVerifiedAccount(world, countess, 'the password of the countess');
      await assert.rejects(
        confirmRequestedEmailChange(world, userId),
        createRefusalPredicate('token_invalid'),
      );
      assert.equal(await canSignIn(world, ada, ADA_PASSWORD), true);
    }),
  );

  test(
    'ends the sign-ups that are pending for the address',
    withTestWorldAndFastHashing(async (world) => {
      const { userId: pending } = await world.signUp(countess, 'the password of a stranger');
      await createAccountWithChangedEmail(world);
      assert.equal((await world.deps.accounts.load(pending)).status, 'ended');
    }),
  );

  test(
    'of 2 accounts to one address at the same time succeeds for one of them',
    withTestWorldAndFastHashing(async (world) => {
      const one = await createVerifiedAccount(world);
      const two = await createVerifiedAccount(world, eve);
      for (const { userId } of [one, two]) await requestEmailChangeTo(world, userId);
      const results = await Promise.allSettled(
        [one, two].map(({ userId }) => confirmRequestedEmailChange(world, userId)),
      );
      assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    }),
  );

  test(
    'keeps the previous address from others as long as it can be undone, and mails for it lead nowhere',
    withTestWorldAndFastHashing(async (world) => {
      const userId = await createAccountWithChangedEmail(world);
      const { userId: stranger } = await world.signUp(ada, 'the password of a stranger');
      assert.equal(await findAddressOwnerId(world.deps, ada), userId);
      const [registered] = await world.factsOf(stranger);
      assert.ok(registered?.type === 'UserRegistered' && registered.data.verification === undefined);
      const before = (await world.typesOf(userId)).length;
      await processMailRequest(world.deps, {
        id: world.deps.newId(),
        kind: 'password-reset',
        address: ada,
        at: world.deps.now().toISOString(),
        correlationId: 'request-1',
      });
      assert.equal((await world.typesOf(userId)).length, before);
    }),
  );

  test(
    'is settled once it can no longer be undone: the previous address is free',
    withTestWorldAndFastHashing(async (world) => {
      const userId = await createAccountWithChangedEmail(world);
      world.advance(7 * DAY_MS - 1);
      await runSignUpCleanupPass(world.deps);
      assert.equal(await findAddressOwnerId(world.deps, ada), userId);
      world.advance(1);
      await runSignUpCleanupPass(world.deps);
      assert.equal(await findAddressOwnerId(world.deps, ada), undefined);
      assert.equal((await world.typesOf(userId)).at(-1), 'EmailChangeSettled');
      await assert.rejects(undoConfirmedEmailChange(world, userId), createRefusalPredicate('token_invalid'));
      const another = await createVerifiedAccount(world, ada, 'the password of another');
      assert.equal(await findAddressOwnerId(world.deps, ada), another.userId);
      assert.equal(await findAddressOwnerId(world.deps, countess), userId);
    }),
  );
});

describe('undoing a change of address', () => {
  test(
    'gives it back to the holder of the previous one, and shuts out the person who changed it',
    withTestWorldAndFastHashing(async (world) => {
      const userId = await createAccountWithChangedEmail(world);
      const { state, refreshToken } = await login(
        world.deps,
        { address: countess, password: ADA_PASSWORD },
        defaultTestContext,
      );
      const [sid = ''] = refreshToken.split('.');
      assert.equal((await getEmailUndoView(world.deps, world.tokenOf(userId, 'email-undo'))).email, ada);
      world.advance(7 * DAY_MS - MINUTE_MS);
      await undoConfirmedEmailChange(world, userId);
      assert.equal(await canSignIn(world, ada, MAILBOX_OWNER_PASSWORD), true);
      assert.equal(await canSignIn(world, ada, ADA_PASSWORD), false);
      assert.equal(await canSignIn(world, countess, ADA_PASSWORD), false);
      assert.equal(await findCallerOfToken(world.deps, { sub: userId, sid, seq: state.sequence }), undefined);
      assert.equal(await findAddressOwnerId(world.deps, ada), userId);
      assert.equal(await findAddressOwnerId(world.deps, countess), undefined);
    }),
  );

  test(
    'beats a reset that the new address asks for at the same time',
    withTestWorldAndFastHashing(async (world) => {
      const userId = await createAccountWithChangedEmail(world);
      const { deps } = world;
      const at = deps.now().toISOString();
      const request = { id: deps.newId(), kind: 'password-reset', address: countess, at } as const;
      world.faults.push({ meanwhile: () => undoConfirmedEmailChange(world, userId) });
      await processMailRequest(deps, { ...request, correlationId: 'request-1' });
      const state = await deps.accounts.load(userId);
      assert.ok(isLivingAccount(state) && state.email === ada && state.reset === undefined);
    }),
  );
});

defineEmailChangeCrashContractTests('sqlite');
