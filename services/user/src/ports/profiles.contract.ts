/**
 * The contract tests of {@link ProfileStore}, which check its guarantees. The test file of each adapter runs
 * them.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Parked } from '@latchkey/consumer';
import { createGapParkMark, positionStoreContract } from '@latchkey/consumer/contract';
import type { LivingProfile } from '../profile/profile.ts';
import {
  toStoredAccount as accountWith,
  createEmptyStoredAccount,
  type StoredAccount,
} from '../profile/stored-account.ts';
import { createUuidFromText } from '../testing/history.ts';
import { loadStoredAccount, type ProfileStore } from './profiles.ts';

export function createTestProfile(name: string, given: Partial<LivingProfile> = {}): LivingProfile {
  return {
    ended: false,
    id: createUuidFromText(name),
    sequence: 1,
    email: `${name}@example.com`,
    username: name,
    firstName: null,
    lastName: null,
    role: 'user',
    locale: 'en',
    isVerified: false,
    disabled: false,
    createdAt: '2026-03-01T12:00:00.000Z',
    updatedAt: '2026-03-01T12:00:00.000Z',
    passwordChangedAt: null,
    revokedAt: 0,
    ...given,
  };
}

function accountOf(name: string, given: Partial<LivingProfile> = {}): StoredAccount {
  return accountWith(createTestProfile(name, given));
}

function parkedAt(name: string, offset: number): Parked {
  return createGapParkMark(createUuidFromText(name), offset);
}

function parkedFromStart(name: string): StoredAccount {
  return { ...createEmptyStoredAccount(createUuidFromText(name)), parked: parkedAt(name, 7) };
}

/**
 * Defines the contract tests for one kind of store.
 * @param open creates an empty store that is removed after the test
 */
export function defineProfilesContractTests(
  adapter: string,
  open: (context: TestContext) => Promise<ProfileStore>,
): void {
  positionStoreContract(`profiles on ${adapter}, as a`, open, (position) => {
    const { account: id, sequence } = position;
    return sequence === 0 ? position : { ...position, profile: createTestProfile('ada', { id, sequence }) };
  });

  describe(`Profiles on ${adapter}`, () => {
    test('finds an account as it was saved, and another at its beginning', async (context) => {
      const profiles = await open(context);
      const [ada, bob] = [accountOf('ada'), accountOf('bob', { email: null, username: null })];
      const ended = accountWith({ ended: true, id: createUuidFromText('gone'), sequence: 9 });
      await profiles.save([ada, bob, ended]);
      for (const stored of [ada, bob, ended])
        assert.deepEqual(await loadStoredAccount(profiles, stored.account), stored);
      const nobody = createUuidFromText('nobody');
      assert.deepEqual(await loadStoredAccount(profiles, nobody), createEmptyStoredAccount(nobody));
    });

    test('replaces a profile by a later one, never by an earlier one', async (context) => {
      const profiles = await open(context);
      const second = accountOf('ada', { sequence: 2, firstName: 'Ada' });
      const third = accountOf('ada', { sequence: 3 });
      await profiles.save([second]);
      await profiles.save([third]);
      await profiles.save([second]);
      assert.deepEqual(await loadStoredAccount(profiles, second.account), third);
    });

    test('lists and counts parked accounts, also one without any event', async (context) => {
      const profiles = await open(context);
      const parked = { ...accountOf('ada'), parked: parkedAt('ada', 7) };
      await profiles.save([parked, parkedFromStart('unborn'), accountOf('grace')]);
      const expected = [parkedAt('ada', 7), parkedAt('unborn', 7)].toSorted((a, b) =>
        a.account < b.account ? -1 : 1,
      );
      assert.deepEqual(await profiles.listParked({ limit: 9 }), expected);
      assert.deepEqual(await profiles.countParked(), 2);
      await profiles.save([accountOf('ada', { sequence: 2 })]);
      await profiles.replaceMark(parkedAt('unborn', 7));
      assert.deepEqual(await profiles.listParked({ limit: 9 }), []);
      assert.deepEqual(await profiles.countParked(), 0);
    });

    test('counts the accounts that are parked because their history has forked', async (context) => {
      const profiles = await open(context);
      const forked: Parked = { ...parkedAt('ada', 7), reason: 'forked', cause: 'the history has forked' };
      await profiles.save([{ ...accountOf('ada'), parked: forked }, parkedFromStart('unborn')]);
      assert.deepEqual([await profiles.countParked(), await profiles.countForked()], [2, 1]);
      await profiles.replaceMark(forked);
      assert.deepEqual([await profiles.countParked(), await profiles.countForked()], [1, 0]);
    });

    test('lists parked accounts page after page', async (context) => {
      const profiles = await open(context);
      const names = ['ada', 'bob', 'carol', 'dave', 'eve'];
      await profiles.save([...names.map(parkedFromStart), accountOf('grace')]);
      const paged: string[] = [];
      let page: readonly Parked[];
      do {
        const after = paged.at(-1);
        page = await profiles.listParked({ limit: 2, ...(after !== undefined && { after }) });
        paged.push(...page.map(({ account }) => account));
      } while (page.length > 0);
      assert.deepEqual(paged, names.map(createUuidFromText).toSorted());
    });

    test('lists active profiles by creation and id, page after page', async (context) => {
      const profiles = await open(context);
      const late = accountOf('late', { createdAt: '2026-03-02T00:00:00.000Z' });
      const same = ['a', 'b', 'c', 'd'].map((name) => accountOf(name));
      const gone = accountWith({ ended: true, id: createUuidFromText('gone'), sequence: 2 });
      await profiles.save([late, ...same, gone, parkedFromStart('x')]);
      const expected = [...same.map(({ account }) => account).toSorted(), late.account];
      assert.deepEqual(
        (await profiles.list({ limit: 9 })).map(({ id }) => id),
        expected,
      );

      const first = await profiles.list({ limit: 2 });
      const last = first.at(-1);
      assert.ok(last);
      const rest = await profiles.list({ limit: 9, after: { createdAt: last.createdAt, id: last.id } });
      assert.deepEqual(
        [...first, ...rest].map(({ id }) => id),
        expected,
      );
    });

    test('no longer lists an account that ended, nor finds it by its address', async (context) => {
      const profiles = await open(context);
      await profiles.save([accountOf('ada')]);
      await profiles.save([accountWith({ ended: true, id: createUuidFromText('ada'), sequence: 2 })]);
      assert.deepEqual(await profiles.list({ limit: 9 }), []);
      assert.deepEqual(await profiles.list({ limit: 9, prefix: 'ada' }), []);
    });

    test('returns every account by id, page after page, even if it has ended', async (context) => {
      const profiles = await open(context);
      const living = ['a', 'b', 'c', 'd', 'e'].map((name) => accountOf(name));
      const gone = accountWith({ ended: true, id: createUuidFromText('gone'), sequence: 2 });
      const unborn = parkedFromStart('unborn');
      assert.deepEqual(await profiles.page(undefined, 3), []);
      await profiles.save([...living, gone, unborn]);
      const all = [...living, gone, unborn].toSorted((a, b) => (a.account < b.account ? -1 : 1));

      const first = await profiles.page(undefined, 3);
      assert.deepEqual(first, all.slice(0, 3));
      const second = await profiles.page(first.at(-1)?.account, 3);
      assert.deepEqual(second, all.slice(3, 6));
      assert.deepEqual(await profiles.page(second.at(-1)?.account, 3), all.slice(6));
      assert.deepEqual(await profiles.page(all.at(-1)?.account, 3), []);
    });

    test('filters by role, verification and the beginning of email or username', async (context) => {
      const profiles = await open(context);
      await profiles.save([
        accountOf('ada', { role: 'admin', isVerified: true }),
        accountOf('bob', { isVerified: true }),
        accountOf('carol', { email: 'Adam@example.com', username: 'c' }),
        accountOf('dave', { email: null, username: null }),
      ]);
      async function names(query: Omit<Parameters<ProfileStore['list']>[0], 'limit'>) {
        return (await profiles.list({ limit: 9, ...query }))
          .map(({ email }) => email?.toLowerCase())
          .toSorted();
      }
      assert.deepEqual(await names({ role: 'admin' }), ['ada@example.com']);
      assert.deepEqual(await names({ verified: true }), ['ada@example.com', 'bob@example.com']);
      assert.deepEqual(await names({ prefix: 'AD' }), ['ada@example.com', 'adam@example.com']);
      assert.deepEqual(await names({ prefix: 'C' }), ['adam@example.com']);
      assert.deepEqual(await names({ prefix: 'ad', verified: true, role: 'admin' }), ['ada@example.com']);
      assert.deepEqual(await names({ prefix: 'da@' }), []);
    });

    test('takes every character of a prefix literally', async (context) => {
      const profiles = await open(context);
      const tricky = ['a_b', 'axb', 'a%b', 'a.b', 'a*b', 'a\\b', 'a[b]', "a'b", 'a"b', '^a', '(a', 'ä'];
      await profiles.save(tricky.map((username) => accountOf(username, { username, email: null })));
      for (const username of tricky) {
        const found = await profiles.list({ limit: 99, prefix: username });
        assert.deepEqual(
          found.map((profile) => profile.username),
          [username],
        );
      }
      for (const prefix of ['%', '_', '.', '.*', '*', "' OR 1=1 --", '\\', '\u{10FFFF}']) {
        assert.deepEqual(await profiles.list({ limit: 99, prefix }), [], prefix);
      }
    });
  });
}
