import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ownerOf } from '../addresses/owners.ts';
import { context, inWorld, refused, type World } from '../testing/world.ts';
import { signUp } from './sign-up.ts';
import { rejectSignUp, verify, viewVerification } from './verification.ts';

const ada = 'ada@example.com';
const [PASSWORD, ANOTHER] = ['correct horse battery', 'another horse battery'];
const person = {
  email: { stored: 'Ada@Example.com', canonical: ada },
  password: PASSWORD,
  username: 'somebody',
  locale: 'en',
};

async function living({ deps }: World): Promise<number> {
  return (await deps.registrations.living(ada)).length;
}
async function statusOf({ deps }: World, userId: string) {
  return (await deps.accounts.load(userId)).status;
}
function tokenOf(world: World, userId: string) {
  return world.tokenOf(userId, 'verification');
}

describe('a sign-up', () => {
  test(
    'repeated under its key makes one account',
    inWorld(async (world) => {
      const keyed = context({ idempotencyKey: 'the same' });
      await signUp(world.deps, person, keyed);
      await signUp(world.deps, person, keyed);
      assert.equal(await living(world), 1);
      await signUp(world.deps, person, context({ idempotencyKey: 'another' }));
      assert.equal(await living(world), 2);
    }),
  );

  test(
    'beyond five living ones of an address becomes a request for a link',
    inWorld(async (world) => {
      for (const _ of Array(5).keys()) await world.signUp(ada, PASSWORD);
      assert.equal(await world.deps.requests.count(), 0);
      await signUp(world.deps, person, context());
      assert.equal(await living(world), 5);
      assert.equal(await world.deps.requests.count(), 1);
    }),
  );

  test(
    'over the mail limit of its address is answered as any other, and makes nothing',
    inWorld(async (world) => {
      while ((await world.deps.limits.take('verification-address', ada)).allowed);
      await signUp(world.deps, person, context());
      assert.equal(await living(world), 0);
      assert.equal(await world.deps.requests.count(), 0);
    }),
  );

  test(
    'for an owned address is refused only where the settings say that it may tell',
    inWorld(async (world) => {
      const revealing = { ...world.deps, settings: { ...world.deps.settings, revealExisting: true } };
      await world.signUp(ada, PASSWORD);
      await signUp(revealing, person, context());
      const { userId } = await world.signUp(ada, PASSWORD);
      await verify(world.deps, { token: tokenOf(world, userId), password: PASSWORD }, context());
      await signUp(world.deps, person, context());
      await assert.rejects(signUp(revealing, person, context()), refused('email_already_registered'));
    }),
  );
});

describe('verifying a sign-up', () => {
  test(
    'takes the address, its mark off, and ends the other sign-ups',
    inWorld(async (world) => {
      const other = await world.signUp(ada, ANOTHER);
      const { userId } = await world.signUp(ada, PASSWORD);
      await verify(world.deps, { token: tokenOf(world, userId), password: PASSWORD }, context());
      assert.equal(await ownerOf(world.deps, ada), userId);
      assert.equal(await living(world), 0);
      assert.equal(await statusOf(world, other.userId), 'ended');
      await assert.rejects(
        verify(world.deps, { token: tokenOf(world, other.userId), password: ANOTHER }, context()),
        refused('token_invalid'),
      );
      const again = await verify(world.deps, { token: tokenOf(world, userId) }, context());
      assert.deepEqual(again.facts, []);
    }),
  );

  test(
    'asks for its own password while another lives, and counts guesses as failed logins',
    inWorld(async (world) => {
      await world.signUp(ada, ANOTHER);
      const { userId } = await world.signUp(ada, PASSWORD);
      function attempt(password?: string) {
        return verify(world.deps, { token: tokenOf(world, userId), password }, context());
      }
      assert.equal((await viewVerification(world.deps, tokenOf(world, userId))).contested, true);
      await assert.rejects(attempt(), refused('password_required'));
      for (const _ of Array(3).keys()) await assert.rejects(attempt(ANOTHER), refused('password_required'));
      await assert.rejects(attempt(PASSWORD), refused('rate_limited'));
      assert.equal(await statusOf(world, userId), 'unverified');
    }),
  );

  test(
    'is repaired by a second click where a crash left the mark on the verified account',
    inWorld(async (world) => {
      const { userId } = await world.signUp(ada, PASSWORD);
      function click() {
        return verify(world.deps, { token: tokenOf(world, userId) }, context());
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
    inWorld(async (world) => {
      const one = await world.signUp(ada, PASSWORD);
      const other = await world.signUp(ada, PASSWORD);
      const results = await Promise.allSettled(
        [one, other].map(({ userId }) =>
          verify(world.deps, { token: tokenOf(world, userId), password: PASSWORD }, context()),
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
    'ends a sign-up, and the link of another needs no password any more',
    inWorld(async (world) => {
      const stranger = await world.signUp(ada, ANOTHER);
      const { userId } = await world.signUp(ada, PASSWORD);
      await rejectSignUp(world.deps, tokenOf(world, stranger.userId), context());
      assert.equal(await statusOf(world, stranger.userId), 'ended');
      await verify(world.deps, { token: tokenOf(world, userId) }, context());
      assert.equal(await statusOf(world, userId), 'verified');
    }),
  );
});
