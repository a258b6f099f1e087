import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Parked } from '@latchkey/consumer';
import { createTestProfile } from '../ports/profiles.contract.ts';
import type { LivingProfile } from '../profile/profile.ts';
import {
  createEmptyStoredAccount,
  type StoredAccount,
  toStoredAccount as stored,
} from '../profile/stored-account.ts';
import { compareGenerations, type GenerationComparison } from './compare-generations.ts';
import { compareStoredAccounts } from './parity.ts';

function accountOf(name: string, given: Partial<LivingProfile> = {}): StoredAccount {
  return stored(createTestProfile(name, given));
}

function parkedIn(account: StoredAccount, offset = 7): StoredAccount {
  const parked: Parked = {
    account: account.account,
    topic: 'accounts',
    partition: 0,
    offset,
    after: account.sequence,
    reason: 'gap',
    cause: 'a gap',
  };
  return { ...account, parked };
}

describe('an account in two generations', () => {
  const ada = accountOf('ada', { sequence: 3 });
  const later = accountOf('ada', { sequence: 4 });
  const unknown = createEmptyStoredAccount(ada.account);

  test('is the same, or differs in fields that are named', () => {
    assert.deepEqual(compareStoredAccounts(ada, ada), { kind: 'same' });
    const other = accountOf('ada', { sequence: 3, firstName: 'Ada', isVerified: true });
    assert.deepEqual(compareStoredAccounts(ada, other), {
      kind: 'differs',
      fields: ['firstName', 'isVerified'],
    });
    const ended = stored({ ended: true, id: ada.account, sequence: 3 });
    assert.equal(compareStoredAccounts(ada, ended).kind, 'differs');
    assert.deepEqual(compareStoredAccounts(unknown, unknown), { kind: 'same' });
  });

  test('is apart as long as one of the generations is ahead', () => {
    assert.deepEqual(compareStoredAccounts(ada, later), { kind: 'apart' });
    assert.deepEqual(compareStoredAccounts(later, ada), { kind: 'apart' });
    assert.deepEqual(compareStoredAccounts(unknown, ada), { kind: 'apart' });
    assert.deepEqual(compareStoredAccounts(ada, unknown), { kind: 'apart' });
  });

  test('that is parked in the new one must be parked in the old one, at the same or an earlier event', () => {
    assert.deepEqual(compareStoredAccounts(ada, parkedIn(ada)), { kind: 'parked' });
    assert.deepEqual(compareStoredAccounts(later, parkedIn(ada)), { kind: 'parked' });
    assert.deepEqual(compareStoredAccounts(parkedIn(later), parkedIn(ada)), { kind: 'parked' });
    assert.deepEqual(compareStoredAccounts(parkedIn(ada), parkedIn(ada)), { kind: 'same' });
    assert.deepEqual(compareStoredAccounts(unknown, parkedIn(unknown)), { kind: 'parked' });
    assert.deepEqual(compareStoredAccounts(parkedIn(unknown), parkedIn(unknown)), { kind: 'same' });
  });

  test('that is parked only in the old one is not waited for', () => {
    assert.deepEqual(compareStoredAccounts(parkedIn(ada), later), { kind: 'freed' });
    assert.deepEqual(compareStoredAccounts(parkedIn(ada), parkedIn(later)), { kind: 'freed' });
    assert.deepEqual(compareStoredAccounts(parkedIn(later), ada), { kind: 'apart' });
    assert.deepEqual(compareStoredAccounts(parkedIn(ada), ada), { kind: 'same' });
  });
});

describe('an account whose history has forked in the old generation', () => {
  test('is not compared, whatever the state of the new generation', () => {
    const forked = { reason: 'forked', cause: 'the history has forked' } as const;
    const ada = accountOf('ada', { sequence: 3, firstName: 'Ada' });
    const { parked } = parkedIn(ada);
    assert.ok(parked);
    const old = { ...ada, parked: { ...parked, ...forked } };
    for (const sequence of [2, 3, 4])
      assert.deepEqual(compareStoredAccounts(old, accountOf('ada', { sequence })), { kind: 'freed' });
    assert.deepEqual(compareStoredAccounts(old, { ...old, sequence: 2 }), { kind: 'parked' });
    assert.deepEqual(compareStoredAccounts(ada, old), { kind: 'parked' });
  });
});

/**
 * Returns an in-memory generation with the given accounts. The test may change the generation while the comparison
 * pauses.
 */
function generationOf(accounts: readonly StoredAccount[]) {
  const kept = new Map(accounts.map((each) => [each.account, each]));
  function put(account: StoredAccount) {
    return void kept.set(account.account, account);
  }
  function sorted() {
    return [...kept.values()].toSorted((a, b) => (a.account < b.account ? -1 : 1));
  }
  return {
    put,
    page: async (after: string | undefined, limit: number) =>
      sorted()
        .filter(({ account }) => after === undefined || account > after)
        .slice(0, limit),
    load: async (ids: readonly string[]) => new Map([...kept].filter(([id]) => ids.includes(id))),
  };
}

function compare(
  old: ReturnType<typeof generationOf>,
  fresh: ReturnType<typeof generationOf>,
  meanwhile: () => void = () => undefined,
): Promise<GenerationComparison> {
  return compareGenerations({ old, fresh, pause: async () => meanwhile(), seen: () => undefined });
}

function many(count: number, given: Partial<LivingProfile> = {}) {
  return Array.from({ length: count }, (_, index) => accountOf(`user${index}`, given));
}

describe('two generations', () => {
  test('are compared account by account, however many there are', async () => {
    const seen: number[] = [];
    const [old, fresh] = [generationOf(many(1234)), generationOf(many(1234))];
    const parity = await compareGenerations({
      old,
      fresh,
      pause: async () => assert.fail('nothing to wait for'),
      seen: (accounts) => seen.push(accounts),
    });
    assert.deepEqual([parity.accounts, parity.differing, parity.apart], [1234, 0, 0]);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(seen.at(-1), 1234);
  });

  test('differ if a field differs; a few of the accounts are named', async () => {
    const old = generationOf([...many(600), accountOf('other', { role: 'admin' })]);
    const fresh = generationOf([...many(600, { locale: 'de' }), accountOf('other')]);
    const parity = await compare(old, fresh);
    assert.equal(parity.differing, 601);
    assert.deepEqual(parity.fields, { locale: 600, role: 1 });
    assert.equal(parity.examples.length, 3);
  });

  test('count accounts that only the old one has as apart, and accounts that only the new one has as repaired', async () => {
    const everybody = many(1100);
    const missing = everybody.filter((_, index) => index % 10 !== 0);
    const apart = await compare(generationOf(everybody), generationOf(missing));
    assert.deepEqual([apart.accounts, apart.apart, apart.repaired, apart.differing], [1100, 110, 0, 0]);
    assert.equal(apart.apartExamples.length, 3);
    const repaired = await compare(generationOf(missing), generationOf(everybody));
    assert.deepEqual([repaired.accounts, repaired.apart, repaired.repaired], [1100, 0, 110]);
    assert.deepEqual(repaired.repairedExamples, apart.apartExamples);
  });

  test('are compared if both have come to the same sequence, whichever was behind', async () => {
    const [ada, bob, carol] = ['ada', 'bob', 'carol'].map((name) => accountOf(name, { sequence: 3 }));
    assert.ok(ada && bob && carol);
    const old = generationOf([accountOf('ada', { sequence: 2 }), bob]);
    const fresh = generationOf([ada, accountOf('bob', { sequence: 1 })]);
    let pauses = 0;
    const parity = await compare(old, fresh, () => {
      pauses += 1;
      if (pauses === 3) old.put(ada);
      if (pauses === 5) fresh.put(accountOf('bob', { sequence: 3, locale: 'de' }));
      fresh.put(carol);
    });
    assert.equal(pauses, 5);
    assert.deepEqual([parity.accounts, parity.differing, parity.apart], [2, 1, 0]);
    assert.deepEqual(parity.fields, { locale: 1 });
  });

  test('report accounts that are parked only in the new one, and only in the old one', async () => {
    const [ada, bob, carol] = ['ada', 'bob', 'carol'].map((name) => accountOf(name, { sequence: 3 }));
    assert.ok(ada && bob && carol);
    const old = generationOf([ada, parkedIn(accountOf('bob', { sequence: 2 })), parkedIn(carol)]);
    const fresh = generationOf([parkedIn(ada), bob, parkedIn(carol)]);
    const parity = await compare(old, fresh);
    assert.deepEqual([parity.parked, parity.freed, parity.differing], [1, 1, 0]);
    assert.deepEqual(
      parity.parkedExamples.map(({ account }) => account),
      [ada.account],
    );
  });
});
