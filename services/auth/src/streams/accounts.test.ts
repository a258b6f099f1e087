import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AccountCommand, type AccountState, requireExistingAccount } from '../account/index.ts';
import { adaAddress, adminId, createTestLink, registerAdaCommand } from '../account/testing/ada.ts';
import { findAddressOwnerId } from '../addresses/owners.ts';
import { createRefusalPredicate, type TestWorld, withTestWorld } from '../testing/world.ts';

const origin = { correlationId: 'request-1' };

async function registered(
  { deps }: TestWorld,
  command: Partial<typeof registerAdaCommand> = {},
): Promise<string> {
  const userId = deps.newId();
  const { state } = await deps.accounts.execute(userId, origin, () => ({
    ...registerAdaCommand,
    ...command,
    userId,
  }));
  return requireExistingAccount(state).userId;
}

const revoke: AccountCommand = { type: 'RevokeSessions', reason: 'logout-all' };
const disable: AccountCommand = { type: 'DisableAccount', by: adminId };

describe('a command', () => {
  test(
    'is appended with its events, and the relay is notified of its stream',
    withTestWorld(async (world) => {
      const { deps, nudged } = world;
      const userId = await registered(world);
      const { state, facts, refusal } = await deps.accounts.execute(userId, origin, () => disable);
      assert.deepEqual(
        facts.map(({ type }) => type),
        ['AccountDisabled', 'SessionsRevoked'],
      );
      assert.equal(refusal, undefined);
      assert.equal(requireExistingAccount(state).revokedAt, 3);
      assert.deepEqual(await world.freshAccounts().load(userId), state);
      assert.deepEqual(nudged, [userId, userId]);
      const [first, second] = await deps.journal.read(userId);
      assert.deepEqual([first?.address, first?.claims, second?.address], [adaAddress, undefined, undefined]);
      assert.deepEqual([second?.number, second?.sequence, second?.correlationId], [2, 2, 'request-1']);
    }),
  );

  test(
    'that changes nothing appends nothing',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      await world.deps.accounts.execute(userId, origin, () => disable);
      const { facts, state } = await world.deps.accounts.execute(userId, origin, () => disable);
      assert.deepEqual(facts, []);
      assert.equal(requireExistingAccount(state).disabled, true);
      assert.equal((await world.deps.journal.read(userId)).length, 2);
    }),
  );

  test(
    'that is refused with facts appends them and is refused',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      const { refusal, state } = await world.deps.accounts.execute(userId, origin, () => ({
        type: 'Verify',
        tokenHash: createTestLink('A').hash,
        now: new Date(0),
        owner: adminId,
        proof: { kind: 'holder', holders: [{ userId, since: 1 }] },
      }));
      assert.equal(refusal, 'token_invalid');
      assert.equal(state.status, 'ended');
      assert.deepEqual(await world.typesOf(userId), [
        'UserRegistered',
        'RegistrationEnded',
        'SessionsRevoked',
      ]);
    }),
  );

  test(
    'too large to be published is not appended either',
    withTestWorld(async (world) => {
      const username = 'a'.repeat(300 * 1024);
      await assert.rejects(registered(world, { username }));
      assert.deepEqual(await world.deps.registrations.living(adaAddress), []);
    }),
  );
});

describe('a command that makes an account', () => {
  function unasked(world: TestWorld) {
    return world.accountsOn({
      journal: { ...world.deps.journal, read: () => assert.fail('asked for commits') },
      snapshots: { find: () => assert.fail('asked for a snapshot'), save: async () => undefined },
    });
  }

  test(
    'does not read a stream that cannot exist yet',
    withTestWorld(async (world) => {
      const userId = world.deps.newId();
      const { state } = await unasked(world).create(userId, origin, () => ({
        ...registerAdaCommand,
        userId,
      }));
      assert.deepEqual(await world.deps.accounts.load(userId), state);
      assert.deepEqual(world.nudged, [userId]);
    }),
  );

  test(
    'creates none if the id is in use',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      const { facts } = await world.deps.accounts.create(userId, origin, () => ({
        ...registerAdaCommand,
        userId,
      }));
      assert.deepEqual(facts, []);
      assert.deepEqual(await world.typesOf(userId), ['UserRegistered']);
    }),
  );
});

describe('a command whose append goes wrong', () => {
  test(
    'is appended once though the answer was lost',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      world.faults.push('answer lost');
      const { facts, state } = await world.deps.accounts.execute(userId, origin, () => revoke);
      assert.equal(facts.length, 1);
      assert.equal(requireExistingAccount(state).revokedAt, 2);
      assert.deepEqual(await world.typesOf(userId), ['UserRegistered', 'SessionsRevoked']);
    }),
  );

  test(
    'is appended at the second attempt if the first never arrived',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      world.faults.push('request lost');
      await world.deps.accounts.execute(userId, origin, () => revoke);
      assert.deepEqual(await world.typesOf(userId), ['UserRegistered', 'SessionsRevoked']);
    }),
  );

  test(
    'is unavailable while the journal is',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      world.faults.push('request lost', 'request lost');
      await assert.rejects(
        world.deps.accounts.execute(userId, origin, () => revoke),
        { name: 'StoreUnavailable' },
      );
      assert.deepEqual(await world.typesOf(userId), ['UserRegistered']);
    }),
  );

  test(
    'that comes again under its own id is answered from its commit',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      const named = { ...origin, commandId: '00000000-0000-4000-8000-000000000001' };
      world.faults.push('answer lost', 'answer lost');
      await assert.rejects(
        world.deps.accounts.execute(userId, named, () => revoke),
        { name: 'StoreUnavailable' },
      );
      const { facts, state } = await world.deps.accounts.execute(userId, named, () => revoke);
      assert.deepEqual(
        facts.map(({ type }) => type),
        ['SessionsRevoked'],
      );
      assert.equal(requireExistingAccount(state).revokedAt, 2);
      assert.deepEqual(await world.typesOf(userId), ['UserRegistered', 'SessionsRevoked']);
    }),
  );

  test(
    'that comes again for another account id is answered from the account that it made',
    withTestWorld(async (world) => {
      const named = { ...origin, commandId: '00000000-0000-4000-8000-000000000002' };
      function signUp(userId: string) {
        return world.deps.accounts.execute(userId, named, () => ({ ...registerAdaCommand, userId }));
      }
      const first = await signUp(world.deps.newId());
      const again = await signUp(world.deps.newId());
      assert.deepEqual(again.state, first.state);
      assert.equal((await world.deps.registrations.living(adaAddress)).length, 1);
    }),
  );
});

describe('a command that loses a race', () => {
  test(
    'is decided again on the new state of the account',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      const other = world.freshAccounts();
      const seen: AccountState[] = [];
      world.faults.push({ meanwhile: () => other.execute(userId, origin, () => disable) });
      const { facts } = await world.deps.accounts.execute(userId, origin, (state) => {
        seen.push(state);
        return disable;
      });
      assert.deepEqual(facts, []);
      assert.deepEqual(
        seen.map((state) => requireExistingAccount(state).disabled),
        [false, true],
      );
      assert.equal((await world.deps.journal.read(userId)).length, 2);
    }),
  );

  test(
    'every time ends with a conflict',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      const other = world.freshAccounts();
      // Just before each append of the tested command, another command appends a commit to the same stream,
      // so every append of the tested command finds its commit number taken.
      const overtaken = { meanwhile: () => other.execute(userId, origin, () => revoke) };
      const overtaker = { meanwhile: async () => undefined };
      world.faults.push(...Array.from({ length: 8 }, () => [overtaken, overtaker]).flat());
      await assert.rejects(
        world.deps.accounts.execute(userId, origin, () => ({ ...revoke, reason: 'admin' }) as AccountCommand),
        createRefusalPredicate('conflict'),
      );
      const reasons = (await world.factsOf(userId)).map(({ data }) => 'reason' in data && data.reason);
      assert.equal(reasons.filter((reason) => reason === 'logout-all').length, 8);
      assert.ok(!reasons.includes('admin'));
    }),
  );

  test(
    'to an address ends its own registration: one of two is verified',
    withTestWorld(async (world) => {
      const [one, other] = [await registered(world), await registered(world)];
      function verify(userId: string) {
        return world.deps.accounts.execute(userId, origin, async () => ({
          type: 'Verify',
          tokenHash: createTestLink('A').hash,
          now: new Date(0),
          owner: await findAddressOwnerId(world.deps, adaAddress),
          proof: { kind: 'holder', holders: [{ userId, since: 1 }] },
        }));
      }
      world.faults.push({ meanwhile: () => verify(other) });
      const { refusal, state } = await verify(one);
      assert.equal(refusal, 'token_invalid');
      assert.equal(state.status, 'ended');
      assert.equal((await world.deps.accounts.load(other)).status, 'verified');
      assert.equal(await findAddressOwnerId(world.deps, adaAddress), other);
    }),
  );
});

describe('an account with an event that this release does not know', () => {
  test(
    'is unavailable, and nothing is decided on it',
    withTestWorld(async (world) => {
      const userId = await registered(world);
      const damage = `UPDATE journal_commit SET events = replace(events, 'UserRegistered', 'UserTeleported')`;
      await world.database.write(() => void world.database.prepare(damage).run());
      const accounts = world.freshAccounts();
      await assert.rejects(accounts.load(userId), { name: 'UnreadableCommit' });
      await assert.rejects(
        accounts.execute(userId, origin, () => revoke),
        { name: 'UnreadableCommit' },
      );
      assert.equal(world.nudged.length, 1);
    }),
  );
});
