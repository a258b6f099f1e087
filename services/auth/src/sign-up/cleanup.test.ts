import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClockGuard, createLogger } from '@latchkey/process';
import { captureLog } from '@latchkey/process/testing';
import { findAddressOwnerId } from '../addresses/owners.ts';
import { createRegistrationCommit } from '../ports/testing/commits.ts';
import { login } from '../sessions/login.ts';
import { waitUntil } from '../testing/until.ts';
import { createTestContext, DAY_MS, type TestWorld, withTestWorld } from '../testing/world.ts';
import { createSignUpCleanupJob, runSignUpCleanupPass } from './cleanup.ts';

const ada = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const WEEK = 7 * DAY_MS;

async function statusOf({ deps }: TestWorld, userId: string) {
  return (await deps.accounts.load(userId)).status;
}
async function marked({ deps }: TestWorld): Promise<readonly string[]> {
  return (await deps.registrations.page({ limit: 1000 })).map(({ stream }) => stream);
}

/**
 * Verifies an account but skips everything that follows the append, as if the process had crashed right after
 * it.
 */
async function verifiedByACrash(world: TestWorld, userId: string): Promise<void> {
  const { deps, tokenOf } = world;
  const tokenHash = deps.linkTokens.hash('verification', tokenOf(userId, 'verification'));
  await deps.accounts.execute(userId, createTestContext(), async () => ({
    type: 'Verify',
    tokenHash,
    now: deps.now(),
    owner: await findAddressOwnerId(deps, ada),
    proof: { kind: 'holder', holders: [{ userId, since: 1 }] },
  }));
}

describe('the sweep', () => {
  test(
    'ends a sign-up that was not verified within seven days, and not a moment sooner',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      world.advance(WEEK - 1);
      await runSignUpCleanupPass(world.deps);
      assert.equal(await statusOf(world, userId), 'unverified');
      world.advance(1);
      await runSignUpCleanupPass(world.deps);
      assert.equal(await statusOf(world, userId), 'ended');
      assert.deepEqual(await marked(world), []);
      const [, end] = await world.factsOf(userId);
      assert.deepEqual(end?.data, { userId, reason: 'expired' });
    }),
  );

  test(
    'continues after a sign-up that it cannot read',
    withTestWorld(async (world) => {
      const unreadable = await world.signUp(ada, PASSWORD);
      const { userId } = await world.signUp('grace@example.com', PASSWORD);
      const damage = `UPDATE journal_commit SET events = '[]' WHERE stream = ?`;
      await world.database.write(() => void world.database.prepare(damage).run(unreadable.userId));
      world.advance(WEEK);
      const skipped: string[] = [];
      const { freshAccounts, deps } = world;
      await runSignUpCleanupPass(
        { ...deps, accounts: freshAccounts() },
        {
          onSkipped: (stream) => skipped.push(stream),
        },
      );
      assert.deepEqual(skipped, [unreadable.userId]);
      assert.equal(await statusOf(world, userId), 'ended');
    }),
  );

  test(
    'queries only sign-ups that are due, page by page, and lets other work run in between',
    withTestWorld(async (world) => {
      const now = world.deps.now();
      const old = new Date(now.getTime() - WEEK).toISOString();
      for (const [count, at] of [
        [250, old],
        [250, now.toISOString()],
      ] as const)
        await Promise.all(
          Array.from({ length: count }, (_, n) =>
            world.deps.journal.append(createRegistrationCommit(`${n}@example.com`, { at })),
          ),
        );
      let turns = 0;
      const between = setInterval(() => {
        turns += 1;
      }, 0);
      const sizes: number[] = [];
      const { registrations } = world.deps;
      await runSignUpCleanupPass(
        {
          ...world.deps,
          registrations: {
            ...registrations,
            async page(asked) {
              const page = await registrations.page(asked);
              sizes.push(page.length);
              return page;
            },
          },
        },
        { scope: 'due' },
      );
      clearInterval(between);
      assert.deepEqual(sizes, [100, 100, 50]);
      assert.ok(turns > 0);
      assert.equal((await marked(world)).length, 250);
    }),
  );

  test(
    'adds nothing the second time',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      world.advance(WEEK);
      await runSignUpCleanupPass(world.deps);
      await runSignUpCleanupPass(world.deps);
      assert.deepEqual(await world.typesOf(userId), [
        'UserRegistered',
        'RegistrationEnded',
        'SessionsRevoked',
      ]);
    }),
  );

  test(
    'ends the sign-ups that a crash left although the address has an owner, but not those that never had a link',
    withTestWorld(async (world) => {
      const one = await world.signUp(ada, PASSWORD);
      const other = await world.signUp(ada, PASSWORD);
      await verifiedByACrash(world, one.userId);
      const late = await world.signUp(ada, PASSWORD);
      await runSignUpCleanupPass(world.deps);
      assert.equal(await statusOf(world, one.userId), 'verified');
      assert.equal(await statusOf(world, other.userId), 'ended');
      assert.equal(await statusOf(world, late.userId), 'unverified');
      assert.deepEqual((await world.factsOf(other.userId))[1]?.data, {
        userId: other.userId,
        reason: 'superseded',
      });
      world.advance(WEEK);
      await runSignUpCleanupPass(world.deps);
      assert.equal(await statusOf(world, late.userId), 'ended');
    }),
  );

  test(
    'removes the mark that a crash left on a verified account, and appends nothing',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      await verifiedByACrash(world, userId);
      assert.deepEqual(await marked(world), [userId]);
      world.advance(WEEK);
      await runSignUpCleanupPass(world.deps);
      assert.deepEqual(await marked(world), []);
      assert.deepEqual(await world.typesOf(userId), ['UserRegistered', 'AccountVerified']);
    }),
  );

  test(
    'removes the mark that a crash left on a registration that has ended',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      const expire = { type: 'EndRegistration', reason: 'expired', owner: undefined } as const;
      await world.deps.accounts.execute(userId, createTestContext(), () => expire);
      await runSignUpCleanupPass(world.deps);
      assert.deepEqual(await marked(world), []);
    }),
  );

  test(
    'goes through more sign-ups than fit on one of its pages',
    withTestWorld(async (world) => {
      const at = world.deps.now().toISOString();
      const addresses = Array.from({ length: 205 }, (_, n) => `${n}@example.com`);
      await Promise.all(
        addresses.map((address) => world.deps.journal.append(createRegistrationCommit(address, { at }))),
      );
      world.advance(WEEK);
      await runSignUpCleanupPass(world.deps);
      assert.deepEqual(await marked(world), []);
    }),
  );

  test(
    'removes expired sessions, and no others',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      function at(days: number) {
        return new Date(world.deps.now().getTime() + days * DAY_MS);
      }
      const session = {
        ...{ userId, n: 0, since: 1, ip: '192.0.2.1', userAgent: 'a browser' },
        ...{ createdAt: at(0), rotatedAt: at(0), expiresAt: at(1) },
      };
      await Promise.all(
        Array.from({ length: 401 }, (_, n) =>
          world.deps.sessions.create({ ...session, id: `${n}` }, { keep: 1000 }),
        ),
      );
      world.advance(2 * DAY_MS);
      await runSignUpCleanupPass(world.deps);
      assert.equal((await world.deps.sessions.list(userId, new Date(0), { limit: 9 })).length, 1);
    }),
  );
});

describe('of several sweeps', () => {
  test(
    'the one with the lease works, and gives it back when it stops',
    withTestWorld(async (world) => {
      const { leases, deps } = world;
      const logger = createLogger({ name: 'test', level: 'silent' });
      const clock = createClockGuard();
      const { userId } = await world.signUp(ada, PASSWORD);
      world.advance(WEEK);
      const lease = { name: 'sweep', now: deps.now(), ms: 1000 };
      assert.equal(await leases.take({ ...lease, holder: 'another' }), true);

      const idle = createSignUpCleanupJob({ ...deps, leases, owner: 'one', logger, clock });
      await idle.start();
      await idle.stop();
      assert.equal(await statusOf(world, userId), 'unverified');

      await leases.release('sweep', 'another');
      const busy = createSignUpCleanupJob({ ...deps, leases, owner: 'other', logger, clock });
      await busy.start();
      await waitUntil(async () => (await marked(world)).length === 0);
      await busy.stop();
      assert.equal(await statusOf(world, userId), 'ended');
      assert.equal(await leases.take({ ...lease, holder: 'another' }), true);
    }),
  );
});

test(
  'a sweep whose clock was set ends nothing, and says why',
  withTestWorld(async (world) => {
    const { leases, deps } = world;
    const { userId } = await world.signUp(ada, PASSWORD);
    let elapsed = 0;
    const clock = createClockGuard({ now: () => deps.now().getTime(), elapsed: () => elapsed });
    world.advance(WEEK);
    const log = captureLog();
    const cleanup = createSignUpCleanupJob({ ...deps, leases, owner: 'one', logger: log.logger, clock });
    await cleanup.start();
    await log.line(({ err }) => JSON.stringify(err).includes('The clock was set forward by 604800 s'));
    await cleanup.stop();
    assert.equal(await statusOf(world, userId), 'unverified');
    elapsed = WEEK;
    await cleanup.start();
    await waitUntil(async () => (await marked(world)).length === 0);
    await cleanup.stop();
  }),
);
