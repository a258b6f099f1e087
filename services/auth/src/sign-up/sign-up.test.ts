import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findAddressOwnerId } from '../addresses/owners.ts';
import { getRateLimitChargesForMail } from '../limits/mail-budget.ts';
import { processMailRequest } from '../requests/written-requests.ts';
import { login } from '../sessions/login.ts';
import { refreshSession } from '../sessions/refresh.ts';
import {
  createRefusalPredicate,
  createTestContext,
  DAY_MS,
  type TestWorld,
  withTestWorld,
} from '../testing/world.ts';
import { signUp } from './sign-up.ts';
import {
  getVerificationView,
  rejectSignUp,
  type VerificationEvidence,
  verifySignUp,
} from './verification.ts';

const ada = 'ada@example.com';
const [PASSWORD, ANOTHER] = ['correct horse battery', 'another horse battery'];
const person = {
  email: { stored: 'Ada@Example.com', canonical: ada },
  password: PASSWORD,
  username: 'somebody',
  locale: 'en',
};

async function living({ deps }: TestWorld): Promise<number> {
  return (await deps.registrations.living(ada)).length;
}
async function statusOf({ deps }: TestWorld, userId: string) {
  return (await deps.accounts.load(userId)).status;
}
const NONE: VerificationEvidence = { kind: 'holder', holders: [] };
function by(password: string): VerificationEvidence {
  return { kind: 'password', password };
}

/** The number of mails per hour that the settings of the test world allow per network. */
const MAILS = 20;
/**
 * Returns how many more mails the rate limit allows for an address. Takes all remaining points and gives them
 * back.
 */
async function mailsLeft({ deps }: TestWorld): Promise<number> {
  const [hour] = getRateLimitChargesForMail('sign-up', ada, createTestContext().ip);
  assert.ok(hour);
  let left = 0;
  while ((await deps.limits.take(hour.limit, hour.key)).allowed) left += 1;
  await deps.limits.giveBack(hour.limit, hour.key, left);
  return left;
}
function tokenOf(world: TestWorld, userId: string) {
  return world.tokenOf(userId, 'verification');
}

describe('a sign-up', () => {
  function keyed(key: string, body = 'the body', ip?: string) {
    return createTestContext({ idempotency: { key, body }, ...(ip !== undefined && { ip }) });
  }

  test(
    'repeated under its key makes one account, and names it again',
    withTestWorld(async (world) => {
      const first = await signUp(world.deps, person, keyed('the same'));
      assert.deepEqual(await signUp(world.deps, person, keyed('the same')), first);
      assert.deepEqual(await signUp(world.deps, person, keyed('the same', undefined, '203.0.113.9')), first);
      assert.equal(await living(world), 1);
      await signUp(world.deps, person, keyed('another'));
      assert.equal(await living(world), 2);
    }),
  );

  test(
    'repeated under its key once the account has ended, or is erased, makes another account, with a mail',
    withTestWorld(async (world) => {
      const { accounts, now } = world.deps;
      const made: string[] = [];
      for (const isErased of [false, true, true]) {
        const { userId } = await signUp(world.deps, person, keyed('the same'));
        assert.equal(await statusOf(world, userId), 'unverified');
        assert.deepEqual(await signUp(world.deps, person, keyed('the same')), { userId });
        made.push(userId);
        const end = { type: 'EndRegistration', reason: 'expired', owner: undefined } as const;
        await accounts.execute(userId, createTestContext(), () => end);
        if (isErased)
          await accounts.execute(userId, createTestContext(), () => ({ type: 'Erase', now: now() }));
      }
      assert.equal(new Set(made).size, 3);
      assert.equal(await mailsLeft(world), MAILS - 3);
    }),
  );

  test(
    'is refused under a key that was sent with another body, and is no repeat for somebody elsewhere',
    withTestWorld(async (world) => {
      await signUp(world.deps, person, keyed('1'));
      const other = keyed('1', 'another body');
      await assert.rejects(
        signUp(world.deps, person, other),
        createRefusalPredicate('idempotency_key_reused'),
      );
      assert.equal(await living(world), 1);
      await signUp(world.deps, person, keyed('1', 'another body', '203.0.113.9'));
      assert.equal(await living(world), 2);
      world.advance(DAY_MS);
      await signUp(world.deps, person, other);
      assert.equal(await living(world), 2);
    }),
  );

  test(
    'repeated at once makes one account and takes one mail',
    withTestWorld(async (world) => {
      const again = Array.from({ length: 5 }, () => signUp(world.deps, person, keyed('the same')));
      const ids = new Set((await Promise.all(again)).map(({ userId }) => userId));
      assert.equal(ids.size, 1);
      assert.equal(await mailsLeft(world), MAILS - 1);
    }),
  );

  test(
    'beyond five pending ones of an address becomes a request for a link',
    withTestWorld(async (world) => {
      for (const _ of Array(5).keys()) await world.signUp(ada, PASSWORD);
      assert.equal(await world.deps.requests.count(), 0);
      await signUp(world.deps, person, createTestContext());
      assert.equal(await living(world), 5);
      assert.equal(await world.deps.requests.count(), 1);
    }),
  );

  test(
    'beyond five pending ones, repeated under its key, is one request and one mail, and returns no account of others',
    withTestWorld(async (world) => {
      const others: string[] = [];
      for (const _ of Array(5).keys()) others.push((await world.signUp(ada, PASSWORD)).userId);
      for (const _ of Array(3).keys()) await signUp(world.deps, person, keyed('the same'));
      assert.equal(await mailsLeft(world), MAILS - 6);
      const claim = { owner: 'a worker', now: world.deps.now(), leaseMs: 1000, limit: 20 };
      const requests = await world.deps.requests.claim(claim);
      assert.equal(requests.length, 1);
      for (const request of requests) {
        await processMailRequest(world.deps, request);
        await world.deps.requests.done(request.id, 'a worker');
      }
      const { userId } = await signUp(world.deps, person, keyed('the same'));
      assert.ok(!others.includes(userId));
      assert.equal(await world.deps.requests.count(), 0);
      const events = (await Promise.all(others.map((id) => world.typesOf(id)))).flat();
      assert.equal(events.filter((type) => type === 'PasswordResetRequested').length, 1);
      assert.equal(await mailsLeft(world), MAILS - 6);
    }),
  );

  test(
    'over the mail limit of its address is refused, and makes nothing',
    withTestWorld(async (world) => {
      for (const take of getRateLimitChargesForMail('sign-up', ada, createTestContext().ip))
        while ((await world.deps.limits.take(take.limit, take.key)).allowed);
      await assert.rejects(
        signUp(world.deps, person, createTestContext()),
        createRefusalPredicate('rate_limited'),
      );
      assert.equal(await living(world), 0);
      assert.equal(await world.deps.requests.count(), 0);
    }),
  );

  test(
    'that failed uses up no limit, however often it is tried',
    withTestWorld(async (world) => {
      for (const _ of Array(30).keys()) {
        world.faults.push('request lost', 'request lost');
        await assert.rejects(signUp(world.deps, person, keyed('the same')), { name: 'StoreUnavailable' });
      }
      assert.equal(await mailsLeft(world), MAILS);
      await signUp(world.deps, person, keyed('the same'));
      assert.equal(await living(world), 1);
    }),
  );

  test(
    'for an address with an owner is refused only if the settings allow it to reveal that',
    withTestWorld(async (world) => {
      const revealing = { ...world.deps, settings: { ...world.deps.settings, revealExisting: true } };
      await world.signUp(ada, PASSWORD);
      await signUp(revealing, person, createTestContext());
      const { userId } = await world.signUp(ada, PASSWORD);
      await verifySignUp(
        world.deps,
        { token: tokenOf(world, userId), evidence: by(PASSWORD) },
        createTestContext(),
      );
      await signUp(world.deps, person, createTestContext());
      await assert.rejects(
        signUp(revealing, person, createTestContext()),
        createRefusalPredicate('email_already_registered'),
      );
    }),
  );
});

describe('the page of a verification link', () => {
  test(
    'reads a single commit of the account, however many there are',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      for (const _ of Array(3).keys())
        await world.deps.accounts.execute(userId, { correlationId: 'request' }, () => ({
          type: 'RevokeSessions',
          reason: 'logout-all',
        }));
      let commitsRead = 0;
      const journal = {
        ...world.deps.journal,
        async read(...args: Parameters<typeof world.deps.journal.read>) {
          const commits = await world.deps.journal.read(...args);
          commitsRead += commits.length;
          return commits;
        },
      };
      const signedUp = world.deps.now();
      world.advance(DAY_MS / 2);
      const { signedUpAt } = await getVerificationView(
        { ...world.deps, journal },
        tokenOf(world, userId),
        [],
      );
      assert.equal(commitsRead, 1);
      assert.deepEqual(signedUpAt, signedUp);
    }),
  );
});

describe('verifying a sign-up', () => {
  test(
    'claims the address, removes its mark, and ends the other sign-ups',
    withTestWorld(async (world) => {
      const other = await world.signUp(ada, ANOTHER);
      const { userId } = await world.signUp(ada, PASSWORD);
      await verifySignUp(
        world.deps,
        { token: tokenOf(world, userId), evidence: by(PASSWORD) },
        createTestContext(),
      );
      assert.equal(await findAddressOwnerId(world.deps, ada), userId);
      assert.equal(await living(world), 0);
      assert.equal(await statusOf(world, other.userId), 'ended');
      await assert.rejects(
        verifySignUp(
          world.deps,
          { token: tokenOf(world, other.userId), evidence: by(ANOTHER) },
          createTestContext(),
        ),
        createRefusalPredicate('token_invalid'),
      );
      const again = await verifySignUp(
        world.deps,
        { token: tokenOf(world, userId), evidence: NONE },
        createTestContext(),
      );
      assert.deepEqual(again.facts, []);
    }),
  );

  test(
    'needs its own password, whether or not another sign-up is pending, and counts guesses as failed logins',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      const token = tokenOf(world, userId);
      function attempt(evidence: VerificationEvidence) {
        return verifySignUp(world.deps, { token, evidence }, createTestContext());
      }
      await assert.rejects(attempt(NONE), createRefusalPredicate('password_required'));
      for (const _ of Array(3).keys())
        await assert.rejects(attempt(by(ANOTHER)), createRefusalPredicate('password_incorrect'));
      await assert.rejects(attempt(by(PASSWORD)), createRefusalPredicate('rate_limited'));
      assert.equal(await statusOf(world, userId), 'unverified');
    }),
  );

  test(
    'accepts only a session or cookie of its own account',
    withTestWorld(async (world) => {
      const stranger = await world.signUp(ada, ANOTHER);
      const { userId } = await world.signUp(ada, PASSWORD);
      const token = tokenOf(world, userId);
      function holding(id: string): VerificationEvidence {
        return { kind: 'holder', holders: [{ userId: id, since: 1 }] };
      }
      assert.equal((await getVerificationView(world.deps, token, [{ userId, since: 1 }])).known, true);
      assert.equal((await getVerificationView(world.deps, token, [])).known, false);
      await assert.rejects(
        verifySignUp(world.deps, { token, evidence: holding(stranger.userId) }, createTestContext()),
        createRefusalPredicate('password_required'),
      );
      await verifySignUp(world.deps, { token, evidence: holding(userId) }, createTestContext());
      assert.equal(await statusOf(world, userId), 'verified');
    }),
  );

  test(
    'with a new password ends the sessions of the person who signed up, and lets its owner in',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      const stranger = await login(world.deps, { address: ada, password: PASSWORD }, createTestContext());
      const token = tokenOf(world, userId);
      function choose(newPassword: string, confirmNewPassword = newPassword) {
        const evidence = { kind: 'new-password', newPassword, confirmNewPassword } as const;
        return verifySignUp(world.deps, { token, evidence }, createTestContext({ ip: '203.0.113.9' }));
      }
      await assert.rejects(choose(ANOTHER, PASSWORD), createRefusalPredicate('passwords_do_not_match'));
      await assert.rejects(choose('short'), createRefusalPredicate('password_too_weak'));
      const { facts } = await choose(ANOTHER);
      assert.deepEqual(
        facts.map(({ type }) => type),
        ['AccountVerified', 'PasswordChanged', 'SessionsRevoked'],
      );
      assert.deepEqual(await world.deps.sessions.list(userId, world.deps.now(), { limit: 10 }), []);
      await assert.rejects(
        refreshSession(world.deps, stranger.refreshToken, createTestContext()),
        createRefusalPredicate('refresh_token_invalid'),
      );
      await assert.rejects(
        login(world.deps, { address: ada, password: PASSWORD }, createTestContext()),
        createRefusalPredicate('invalid_credentials'),
      );
      const mine = await login(world.deps, { address: ada, password: ANOTHER }, createTestContext());
      assert.equal(mine.state.userId, userId);
      // Repeating the request with the same password succeeds, because the client may have missed the first
      // response. A request with a different password is refused, because the link has already been used.
      assert.deepEqual((await choose(ANOTHER)).facts, []);
      await assert.rejects(choose('yet another horse battery'), createRefusalPredicate('token_invalid'));
    }),
  );

  test(
    'is repaired by a second click if a crash left the mark on the verified account',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      function click() {
        return verifySignUp(
          world.deps,
          { token: tokenOf(world, userId), evidence: by(PASSWORD) },
          createTestContext(),
        );
      }
      world.faults.push('answer lost', 'answer lost');
      await assert.rejects(click(), { name: 'StoreUnavailable' });
      assert.equal(await living(world), 1);
      assert.deepEqual((await click()).facts, []);
      assert.equal(await living(world), 0);
    }),
  );

  test(
    'by two links of one address at once verifies one account',
    withTestWorld(async (world) => {
      const one = await world.signUp(ada, PASSWORD);
      const other = await world.signUp(ada, PASSWORD);
      const results = await Promise.allSettled(
        [one, other].map(({ userId }) =>
          verifySignUp(
            world.deps,
            { token: tokenOf(world, userId), evidence: by(PASSWORD) },
            createTestContext(),
          ),
        ),
      );
      const statuses = await Promise.all([one, other].map(({ userId }) => statusOf(world, userId)));
      assert.deepEqual(statuses.toSorted(), ['ended', 'verified']);
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    }),
  );
});

describe('"this was not me"', () => {
  test(
    'ends a sign-up, and no other',
    withTestWorld(async (world) => {
      const stranger = await world.signUp(ada, ANOTHER);
      const { userId } = await world.signUp(ada, PASSWORD);
      await rejectSignUp(world.deps, tokenOf(world, stranger.userId), createTestContext());
      assert.equal(await statusOf(world, stranger.userId), 'ended');
      await verifySignUp(
        world.deps,
        { token: tokenOf(world, userId), evidence: by(PASSWORD) },
        createTestContext(),
      );
      assert.equal(await statusOf(world, userId), 'verified');
    }),
  );
});
