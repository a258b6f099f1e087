/** What every adapter of Profiles must do. Call it from the adapter's own test file. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Account, Parked } from '../profile/account.ts';
import type { LivingProfile } from '../profile/profile.ts';
import { uuidOf } from '../testing/history.ts';
import type { Profiles } from './profiles.ts';

export function profileOf(name: string, given: Partial<LivingProfile> = {}): LivingProfile {
  return {
    ended: false,
    id: uuidOf(name),
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

function accountOf(name: string, given: Partial<LivingProfile> = {}): Account {
  const profile = profileOf(name, given);
  return { id: profile.id, profile };
}

function parkedAt(name: string, offset: number): Parked {
  return {
    account: uuidOf(name),
    partition: 3,
    offset,
    after: 1,
    cause: 'event 4 came where 2 was due',
  };
}

/** `open` makes an empty store, which it removes once the test has ended. */
export function profilesContract(adapter: string, open: (context: TestContext) => Promise<Profiles>): void {
  describe(`Profiles on ${adapter}`, () => {
    test('gives back what was saved, and only what was asked for', async (context) => {
      const profiles = await open(context);
      const [ada, bob] = [accountOf('ada'), accountOf('bob', { email: null, username: null })];
      const gone: Account = { id: uuidOf('gone'), profile: { ended: true, id: uuidOf('gone'), sequence: 9 } };
      await profiles.save([ada, bob, gone]);
      assert.deepEqual(await profiles.find(ada.id), ada);
      assert.deepEqual(await profiles.find(uuidOf('nobody')), { id: uuidOf('nobody') });
      const loaded = await profiles.load([bob.id, gone.id, uuidOf('nobody')]);
      assert.deepEqual(new Map(loaded), new Map([bob, gone].map((account) => [account.id, account])));
      assert.equal((await profiles.load([])).size, 0);
      await profiles.save([]);
    });

    test('replaces an account by a later one, never by an earlier one', async (context) => {
      const profiles = await open(context);
      const second = accountOf('ada', { sequence: 2, firstName: 'Ada' });
      const third = accountOf('ada', { sequence: 3 });
      await profiles.save([second]);
      await profiles.save([third]);
      await profiles.save([second]);
      assert.deepEqual(await profiles.find(second.id), third);
    });

    test('lets savers race: the latest stays', async (context) => {
      const profiles = await open(context);
      const sequences = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1);
      await Promise.all(sequences.map((sequence) => profiles.save([accountOf('ada', { sequence })])));
      assert.equal((await profiles.find(uuidOf('ada'))).profile?.sequence, 20);
    });

    test('parks an account at its sequence, also one without any event', async (context) => {
      const profiles = await open(context);
      const ada = accountOf('ada');
      await profiles.save([ada]);
      const parked = { ...ada, parked: parkedAt('ada', 7) };
      const unborn: Account = { id: uuidOf('unborn'), parked: parkedAt('unborn', 8) };
      await profiles.save([parked, unborn]);
      assert.deepEqual(await profiles.find(ada.id), parked);
      assert.deepEqual(await profiles.find(unborn.id), unborn);
      const expected = [parked.parked, unborn.parked].toSorted((a, b) =>
        a && b && a.account < b.account ? -1 : 1,
      );
      assert.deepEqual(await profiles.listParked({ limit: 9 }), expected);
      assert.deepEqual(await profiles.countParked(), 2);
    });

    test('lists parked accounts page after page', async (context) => {
      const profiles = await open(context);
      const names = ['ada', 'bob', 'carol', 'dave', 'eve'];
      await profiles.save(names.map((name) => ({ id: uuidOf(name), parked: parkedAt(name, 7) })));
      await profiles.save([accountOf('grace')]);
      const paged: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await profiles.listParked({ limit: 2, ...(after !== undefined && { after }) });
        paged.push(...page.map(({ account }) => account));
        after = page.at(-1)?.account;
        if (after === undefined) break;
      }
      assert.deepEqual(paged, names.map(uuidOf).toSorted());
    });

    test('does not take a mark off, nor move it, at the same sequence', async (context) => {
      const profiles = await open(context);
      const parked = { ...accountOf('ada'), parked: parkedAt('ada', 7) };
      await profiles.save([parked]);
      await profiles.save([accountOf('ada')]);
      await profiles.save([{ ...parked, parked: parkedAt('ada', 9) }]);
      assert.deepEqual(await profiles.find(parked.id), parked);
    });

    test('does not park an account that has moved on', async (context) => {
      const profiles = await open(context);
      await profiles.save([accountOf('ada', { sequence: 2 })]);
      await profiles.save([{ ...accountOf('ada'), parked: parkedAt('ada', 7) }]);
      assert.deepEqual(await profiles.find(uuidOf('ada')), accountOf('ada', { sequence: 2 }));
    });

    test('takes the mark off with a later profile, or when told which one', async (context) => {
      const profiles = await open(context);
      const [ada, bob] = [accountOf('ada'), accountOf('bob')];
      await profiles.save([
        { ...ada, parked: parkedAt('ada', 7) },
        { ...bob, parked: parkedAt('bob', 7) },
      ]);
      await profiles.save([accountOf('ada', { sequence: 2 })]);
      await profiles.unpark(parkedAt('bob', 6));
      assert.equal((await profiles.find(bob.id)).parked?.offset, 7);
      await profiles.unpark(parkedAt('bob', 7));
      assert.deepEqual(await profiles.find(bob.id), bob);
      assert.deepEqual(await profiles.listParked({ limit: 9 }), []);
    });

    test('lists living profiles by creation and id, page after page', async (context) => {
      const profiles = await open(context);
      const late = accountOf('late', { createdAt: '2026-03-02T00:00:00.000Z' });
      const same = ['a', 'b', 'c', 'd'].map((name) => accountOf(name));
      const gone: Account = { id: uuidOf('gone'), profile: { ended: true, id: uuidOf('gone'), sequence: 2 } };
      await profiles.save([late, ...same, gone, { id: uuidOf('x'), parked: parkedAt('x', 1) }]);
      const expected = [...same.map(({ id }) => id).toSorted(), late.id];
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
      const { id } = accountOf('ada');
      await profiles.save([{ id, profile: { ended: true, id, sequence: 2 } }]);
      assert.deepEqual(await profiles.list({ limit: 9 }), []);
      assert.deepEqual(await profiles.list({ limit: 9, prefix: 'ada' }), []);
    });

    test('gives out every account by id, page after page, whatever became of it', async (context) => {
      const profiles = await open(context);
      const living = ['a', 'b', 'c', 'd', 'e'].map((name) => accountOf(name));
      const gone: Account = { id: uuidOf('gone'), profile: { ended: true, id: uuidOf('gone'), sequence: 2 } };
      const unborn: Account = { id: uuidOf('unborn'), parked: parkedAt('unborn', 8) };
      assert.deepEqual(await profiles.page(undefined, 3), []);
      await profiles.save([...living, gone, unborn]);
      const all = [...living, gone, unborn].toSorted((a, b) => (a.id < b.id ? -1 : 1));

      const first = await profiles.page(undefined, 3);
      assert.deepEqual(first, all.slice(0, 3));
      const second = await profiles.page(first.at(-1)?.id, 3);
      assert.deepEqual(second, all.slice(3, 6));
      assert.deepEqual(await profiles.page(second.at(-1)?.id, 3), all.slice(6));
      assert.deepEqual(await profiles.page(all.at(-1)?.id, 3), []);
    });

    test('filters by role, verification and the beginning of e-mail or username', async (context) => {
      const profiles = await open(context);
      await profiles.save([
        accountOf('ada', { role: 'admin', isVerified: true }),
        accountOf('bob', { isVerified: true }),
        accountOf('carol', { email: 'Adam@example.com', username: 'c' }),
        accountOf('dave', { email: null, username: null }),
      ]);
      async function names(query: Omit<Parameters<Profiles['list']>[0], 'limit'>) {
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
