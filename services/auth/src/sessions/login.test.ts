import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { disableAccount } from '../administration/manage-accounts.ts';
import type { UseCaseDeps } from '../deps.ts';
import { changePassword } from '../passwords/change.ts';
import { createPasswordHasher } from '../passwords/hashing/argon2.ts';
import { parseHashCosts } from '../passwords/hashing/costs.ts';
import { completePasswordReset } from '../passwords/reset.ts';
import { Refused } from '../refused.ts';
import { rejectSignUp, verifySignUp } from '../sign-up/verification.ts';
import {
  createRefusalPredicate,
  createTestContext,
  DAY_MS,
  type TestWorld,
  withTestWorld,
} from '../testing/world.ts';
import { login, type SignInResult } from './login.ts';
import { refreshSession } from './refresh.ts';
import { logoutEverywhere } from './sessions.ts';

const ada = 'ada@example.com';
const [PASSWORD, ANOTHER, WRONG] = ['correct horse battery', 'another horse battery', 'wrong horse battery'];
const home = createTestContext({ ip: '192.0.2.1' });
const office = createTestContext({ ip: '203.0.113.5' });
const cafe = createTestContext({ ip: '203.0.113.99' });
const elsewhere = createTestContext({ ip: '198.51.100.7' });

async function verified(world: TestWorld, address: string, password: string): Promise<string> {
  const { userId } = await world.signUp(address, password);
  await verifySignUp(
    world.deps,
    { token: world.tokenOf(userId, 'verification'), evidence: { kind: 'password', password } },
    home,
  );
  return userId;
}

async function fails(attempt: Promise<SignInResult>): Promise<Refused> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Refused);
  return error;
}

async function guess(world: TestWorld, times: number, address = ada): Promise<void> {
  for (const n of Array(times).keys()) {
    const attempt = login(
      world.deps,
      { address, password: WRONG },
      createTestContext({ ip: `203.0.113.${n}` }),
    );
    assert.equal((await fails(attempt)).refusal.kind, 'invalid_credentials');
  }
}

describe('a login after the key or the cost of hashes has changed', () => {
  const saltKeys = [{ kid: 'newer', bytes: randomBytes(32) }] as const;

  /**
   * Returns dependencies whose password hasher uses a new key and a new cost for new hashes, but still
   * accepts stored hashes with the old key and cost of `world`.
   */
  function rotated({ deps }: TestWorld) {
    const newer = createPasswordHasher({ saltKeys, costs: parseHashCosts('20480:2'), concurrency: 1 });
    const passwords: UseCaseDeps['passwords'] = {
      hash: newer.hash,
      async find(password, address, request, isStored) {
        const current = await newer.hash(password, address, request);
        if (await isStored(current)) return { current, stored: current };
        const former = await deps.passwords.hash(password, address, request);
        return { current, ...((await isStored(former)) && { stored: former }) };
      },
    };
    return { ...deps, passwords };
  }

  test(
    'replaces the stored hash once, and ends no session and no link',
    withTestWorld(async (world) => {
      const userId = await verified(world, ada, PASSWORD);
      const { refreshToken } = await login(world.deps, { address: ada, password: PASSWORD }, home);
      const deps = rotated(world);
      for (const _ of [1, 2]) await login(deps, { address: ada, password: PASSWORD }, home);
      const types = await world.typesOf(userId);
      assert.deepEqual(
        types.filter((type) => type === 'PasswordRehashed'),
        ['PasswordRehashed'],
      );
      const onlyNewer = {
        ...deps,
        passwords: createPasswordHasher({ saltKeys, costs: parseHashCosts('20480:2'), concurrency: 1 }),
      };
      assert.equal((await login(onlyNewer, { address: ada, password: PASSWORD }, home)).state.userId, userId);
      assert.equal((await refreshSession(deps, refreshToken, home)).state.userId, userId);
    }),
  );

  test(
    'replaces nothing if the password is wrong',
    withTestWorld(async (world) => {
      const userId = await verified(world, ada, PASSWORD);
      const attempt = login(rotated(world), { address: ada, password: WRONG }, home);
      assert.equal((await fails(attempt)).refusal.kind, 'invalid_credentials');
      assert.ok(!(await world.typesOf(userId)).includes('PasswordRehashed'));
    }),
  );

  test(
    'is not needed to change the password, or to verify a sign-up with it',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      const deps = rotated(world);
      await verifySignUp(
        deps,
        { token: world.tokenOf(userId, 'verification'), evidence: { kind: 'password', password: PASSWORD } },
        home,
      );
      const { state } = await login(world.deps, { address: ada, password: PASSWORD }, home);
      const change = { currentPassword: PASSWORD, newPassword: ANOTHER };
      await changePassword(deps, change, { userId, sessionId: world.deps.newId(), state }, home);
      assert.equal((await login(deps, { address: ada, password: ANOTHER }, home)).state.userId, userId);
    }),
  );
});

describe('a login', () => {
  test(
    'goes to the owner of the address before any sign-up',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada, PASSWORD);
      await world.signUp(ada, PASSWORD);
      const { state } = await login(world.deps, { address: ada, password: PASSWORD }, home);
      assert.equal(state.userId, owner);
    }),
  );

  test(
    'goes to the newest sign-up whose password it is',
    withTestWorld(async (world) => {
      await world.signUp(ada, PASSWORD);
      const middle = await world.signUp(ada, PASSWORD);
      const newest = await world.signUp(ada, ANOTHER);
      async function accountOf(password: string) {
        return (await login(world.deps, { address: ada, password }, home)).state.userId;
      }
      assert.equal(await accountOf(PASSWORD), middle.userId);
      assert.equal(await accountOf(ANOTHER), newest.userId);
    }),
  );

  test(
    'is not kept from the owner by a sign-up that cannot be read',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada, PASSWORD);
      const { userId } = await world.signUp(ada, ANOTHER);
      const damage = `UPDATE journal_commit SET events = '[]' WHERE stream = ?`;
      await world.database.write(() => void world.database.prepare(damage).run(userId));
      const { deps, freshAccounts } = world;
      const { state } = await login(
        { ...deps, accounts: freshAccounts() },
        { address: ada, password: PASSWORD },
        home,
      );
      assert.equal(state.userId, owner);
    }),
  );

  test(
    'creates a session at the current sequence of the account',
    withTestWorld(async (world) => {
      const userId = await verified(world, ada, PASSWORD);
      const before = world.deps.now();
      await login(world.deps, { address: ada, password: PASSWORD }, home);
      const [session] = await world.deps.sessions.list(userId, before, { limit: 1 });
      assert.deepEqual(
        { n: session?.n, since: session?.since, ip: session?.ip, expiresAt: session?.expiresAt },
        { n: 0, since: 2, ip: home.ip, expiresAt: new Date(before.getTime() + 14 * DAY_MS) },
      );
    }),
  );

  test(
    'fails with the same words for every reason',
    withTestWorld(async (world) => {
      await verified(world, ada, PASSWORD);
      await world.signUp('unverified@example.com', PASSWORD);
      const ended = await world.signUp('ended@example.com', PASSWORD);
      await rejectSignUp(world.deps, world.tokenOf(ended.userId, 'verification'), home);
      const disabled = await verified(world, 'disabled@example.com', PASSWORD);
      await disableAccount(world.deps, { userId: disabled, by: 'ops' }, home);

      const reasons = [
        await fails(login(world.deps, { address: 'nobody@example.com', password: PASSWORD }, home)),
        await fails(login(world.deps, { address: ada, password: WRONG }, home)),
        await fails(login(world.deps, { address: 'unverified@example.com', password: WRONG }, home)),
        await fails(login(world.deps, { address: 'ended@example.com', password: PASSWORD }, home)),
        await fails(login(world.deps, { address: 'disabled@example.com', password: WRONG }, home)),
      ];
      for (const { refusal } of reasons) assert.deepEqual(refusal, { kind: 'invalid_credentials' });
    }),
  );

  test(
    'tells that an account is disabled only after its right password, and looks no further',
    withTestWorld(async (world) => {
      const owner = await verified(world, ada, PASSWORD);
      await world.signUp(ada, PASSWORD);
      await disableAccount(world.deps, { userId: owner, by: 'ops' }, home);
      await assert.rejects(
        login(world.deps, { address: ada, password: PASSWORD }, home),
        createRefusalPredicate('account_disabled'),
      );
      await assert.rejects(
        login(world.deps, { address: ada, password: WRONG }, home),
        createRefusalPredicate('invalid_credentials'),
      );
    }),
  );
});

describe('guessing passwords', () => {
  test(
    'runs into the limit of an address, whether or not anybody has it',
    withTestWorld(async (world) => {
      await world.signUp(ada, PASSWORD);
      for (const address of [ada, 'nobody@example.com']) {
        await guess(world, 3, address);
        await assert.rejects(
          login(world.deps, { address, password: PASSWORD }, elsewhere),
          createRefusalPredicate('rate_limited'),
        );
      }
    }),
  );

  test(
    'runs into the limit of an IP across addresses',
    withTestWorld(async (world) => {
      await world.signUp(ada, PASSWORD);
      for (const n of Array(8).keys())
        await fails(login(world.deps, { address: `${n}@example.com`, password: WRONG }, elsewhere));
      await assert.rejects(
        login(world.deps, { address: ada, password: PASSWORD }, elsewhere),
        createRefusalPredicate('rate_limited'),
      );
      await login(world.deps, { address: ada, password: PASSWORD }, home);
    }),
  );

  test(
    'counts failures only',
    withTestWorld(async (world) => {
      await world.signUp(ada, PASSWORD);
      for (const _ of Array(4).keys())
        await login(world.deps, { address: ada, password: PASSWORD }, elsewhere);
    }),
  );

  test(
    'does not lock the owner out where a session was used last, until that session is over',
    withTestWorld(async (world) => {
      const userId = await verified(world, ada, PASSWORD);
      const { refreshToken } = await login(world.deps, { address: ada, password: PASSWORD }, office);
      await refreshSession(world.deps, refreshToken, cafe);
      await guess(world, 3);
      await assert.rejects(
        login(world.deps, { address: ada, password: WRONG }, cafe),
        createRefusalPredicate('invalid_credentials'),
      );

      const revoke = { type: 'RevokeSessions', reason: 'admin' } as const;
      await world.deps.accounts.execute(userId, home, () => revoke);
      assert.ok((await world.deps.sessions.list(userId, world.deps.now(), { limit: 1 })).length > 0);
      await assert.rejects(
        login(world.deps, { address: ada, password: PASSWORD }, cafe),
        createRefusalPredicate('rate_limited'),
      );
    }),
  );

  test(
    'does not lock the owner out where the owner has signed in during the last 30 days',
    withTestWorld(async (world) => {
      const userId = await verified(world, ada, PASSWORD);
      const { state } = await login(world.deps, { address: ada, password: PASSWORD }, home);
      await logoutEverywhere(world.deps, { userId, sessionId: '', state }, home);
      await guess(world, 3);
      await assert.rejects(
        login(world.deps, { address: ada, password: PASSWORD }, elsewhere),
        createRefusalPredicate('rate_limited'),
      );
      world.advance(30 * DAY_MS - 1);
      await assert.rejects(
        login(world.deps, { address: ada, password: WRONG }, home),
        createRefusalPredicate('invalid_credentials'),
      );
      world.advance(1);
      await assert.rejects(
        login(world.deps, { address: ada, password: PASSWORD }, home),
        createRefusalPredicate('rate_limited'),
      );
    }),
  );

  test(
    'does not open the way for a client whose IP address is unknown',
    withTestWorld(async (world) => {
      const unknown = createTestContext({ ip: '' });
      await verified(world, ada, PASSWORD);
      const { refreshToken } = await login(world.deps, { address: ada, password: PASSWORD }, unknown);
      await refreshSession(world.deps, refreshToken, office);
      await guess(world, 3);
      await assert.rejects(
        login(world.deps, { address: ada, password: PASSWORD }, unknown),
        createRefusalPredicate('rate_limited'),
      );
    }),
  );

  test(
    'is not helped by a session of an unverified sign-up',
    withTestWorld(async (world) => {
      await world.signUp(ada, PASSWORD);
      await login(world.deps, { address: ada, password: PASSWORD }, home);
      await guess(world, 3);
      await assert.rejects(
        login(world.deps, { address: ada, password: PASSWORD }, home),
        createRefusalPredicate('rate_limited'),
      );
    }),
  );

  test(
    'resets the counts when a reset is completed, and trusts its IP from then on',
    withTestWorld(async (world) => {
      const userId = await verified(world, ada, PASSWORD);
      await guess(world, 3);
      const reset = { type: 'RequestPasswordReset', owner: userId } as const;
      const token = world.deps.linkTokens.mint(userId);
      const expiresAt = new Date(world.deps.now().getTime() + DAY_MS).toISOString();
      const link = { hash: world.deps.linkTokens.hash('reset', token), sealed: { sealed: 'x', expiresAt } };
      await world.deps.accounts.execute(userId, home, () => ({ ...reset, address: ada, link }));
      await completePasswordReset(
        world.deps,
        { token, newPassword: ANOTHER, confirmNewPassword: ANOTHER },
        home,
      );

      await login(world.deps, { address: ada, password: ANOTHER }, office);
      await guess(world, 3);
      await login(world.deps, { address: ada, password: ANOTHER }, home);
      await assert.rejects(
        login(world.deps, { address: ada, password: ANOTHER }, elsewhere),
        createRefusalPredicate('rate_limited'),
      );
    }),
  );
});
