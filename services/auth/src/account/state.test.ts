import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { AccountFact } from './facts.ts';
import { applyAccountFact, initialAccountState } from './state.ts';
import {
  accountVerifiedFact,
  adaAddress,
  adaId,
  adminId,
  createAccountDisabledFact,
  createAccountEnabledFact,
  createInstantAfterNoon,
  createPasswordChangedFact,
  createPasswordResetRequestedFact,
  createProfileChangedFact,
  createRegistrationEndedFacts,
  createRoleChangedFact,
  createSessionsRevokedFact,
  createTestLink,
  createUserRegisteredFact,
  createVerificationRequestedFact,
  firstPasswordHash,
} from './testing/ada.ts';
import {
  computeAccountStateAfterFacts,
  computeUnverifiedAccountAfterFacts,
  foldFacts,
  given,
} from './testing/given-when-then.ts';

const HOUR = 3_600_000;
const registered = createUserRegisteredFact(createTestLink('A'));
function kept(name: string) {
  return { hash: createTestLink(name).hash, expiresAt: createTestLink(name).sealed.expiresAt };
}

/**
 * Returns the fields of the account's state that `fact` changes, with their new values. Leaves out the
 * sequence, which every fact changes.
 */
function changeBy(past: readonly AccountFact[], fact: AccountFact): Readonly<Record<string, unknown>> {
  const before = new Map<string, unknown>(Object.entries(computeAccountStateAfterFacts(...past)));
  const after = new Map<string, unknown>(Object.entries(computeAccountStateAfterFacts(...past, fact)));
  assert.equal(after.get('sequence'), Number(before.get('sequence')) + 1);
  const names = new Set([...before.keys(), ...after.keys()]);
  names.delete('sequence');
  const changed = [...names].filter((name) => !isDeepStrictEqual(before.get(name), after.get(name)));
  return Object.fromEntries(changed.map((name) => [name, after.get(name)]));
}

describe('the state of an account', () => {
  test('begins with what UserRegistered says', () => {
    assert.deepEqual(computeAccountStateAfterFacts(registered), {
      status: 'unverified',
      disabled: false,
      userId: adaId,
      address: adaAddress,
      email: 'Ada@example.com',
      username: 'ada',
      locale: 'en',
      role: 'user',
      passwordHash: firstPasswordHash,
      verification: kept('A'),
      everLinked: true,
      linksUntil: createInstantAfterNoon(HOUR).toISOString(),
      revokedAt: 0,
      allRevokedAt: 0,
      revokedSessions: [],
      sequence: 1,
    });
  });

  test('has no link if none was minted', () => {
    const { verification, everLinked } = computeUnverifiedAccountAfterFacts(createUserRegisteredFact());
    assert.deepEqual({ verification, everLinked }, { verification: undefined, everLinked: false });
  });

  test('changes by each fact only what that fact says', () => {
    const past = [registered, createPasswordResetRequestedFact(true, createTestLink('R'))];
    const cases: readonly (readonly [AccountFact, Readonly<Record<string, unknown>>])[] = [
      [createVerificationRequestedFact(createTestLink('B')), { verification: kept('B') }],
      [createVerificationRequestedFact(), {}],
      [
        accountVerifiedFact,
        {
          status: 'verified',
          verification: undefined,
          usedVerification: kept('A'),
          everLinked: undefined,
        },
      ],
      [
        createRegistrationEndedFacts('expired')[0],
        {
          status: 'ended',
          verification: undefined,
          everLinked: undefined,
          reset: undefined,
          linksUntil: undefined,
        },
      ],
      [createPasswordResetRequestedFact(true, createTestLink('S')), { reset: kept('S') }],
      [createPasswordResetRequestedFact(true), {}],
      [
        createPasswordChangedFact('first', 'new'),
        { passwordHash: 'new', verification: undefined, reset: undefined, linksUntil: undefined },
      ],
      [
        createProfileChangedFact({
          person: { firstName: 'Ada', lastName: 'Lovelace', username: 'al' },
          locale: 'de',
        }),
        { firstName: 'Ada', lastName: 'Lovelace', username: 'al', locale: 'de' },
      ],
      [createRoleChangedFact('admin', 'user'), { role: 'admin' }],
      [
        createAccountDisabledFact(),
        { disabled: true, verification: undefined, reset: undefined, linksUntil: undefined },
      ],
      [createAccountEnabledFact(), {}],
      [createSessionsRevokedFact('admin'), { revokedAt: 3, allRevokedAt: 3 }],
    ];
    for (const [fact, change] of cases) assert.deepEqual(changeBy(past, fact), change, fact.type);
  });

  test('lists the sessions that were revoked individually, until all are', () => {
    const one = computeAccountStateAfterFacts(registered, createSessionsRevokedFact('refresh-reuse', 'one'));
    assert.deepEqual([one.revokedAt, one.allRevokedAt, one.revokedSessions], [2, 0, ['one']]);
    const all = computeAccountStateAfterFacts(
      registered,
      createSessionsRevokedFact('refresh-reuse', 'one'),
      createSessionsRevokedFact('admin'),
    );
    assert.deepEqual([all.revokedAt, all.allRevokedAt, all.revokedSessions], [3, 3, []]);
  });

  test('is enabled again by AccountEnabled, without its links', () => {
    assert.deepEqual(changeBy([registered, createAccountDisabledFact()], createAccountEnabledFact()), {
      disabled: false,
    });
  });

  test('remembers that it ever had a link, of either purpose', () => {
    assert.equal(
      computeUnverifiedAccountAfterFacts(
        createUserRegisteredFact(),
        createVerificationRequestedFact(createTestLink('B')),
      ).everLinked,
      true,
    );
    assert.equal(
      computeUnverifiedAccountAfterFacts(
        createUserRegisteredFact(),
        createPasswordResetRequestedFact(true, createTestLink('R')),
      ).everLinked,
      true,
    );
    assert.equal(
      computeUnverifiedAccountAfterFacts(registered, createAccountDisabledFact(), createAccountEnabledFact())
        .everLinked,
      true,
    );
    assert.equal(
      computeUnverifiedAccountAfterFacts(
        createUserRegisteredFact(),
        createVerificationRequestedFact(),
        createPasswordResetRequestedFact(true),
      ).everLinked,
      false,
    );
  });

  test('records until when a link gives access to the account, or would if its address were not another’s', () => {
    const [early, late] = [
      createInstantAfterNoon(HOUR).toISOString(),
      createInstantAfterNoon(2 * HOUR).toISOString(),
    ];
    const later = createTestLink('R', createInstantAfterNoon(2 * HOUR));
    assert.equal(computeAccountStateAfterFacts(createUserRegisteredFact()).linksUntil, early);
    assert.equal(
      computeAccountStateAfterFacts(registered, createPasswordResetRequestedFact(true, later)).linksUntil,
      late,
    );
    assert.equal(
      computeAccountStateAfterFacts(
        registered,
        createPasswordResetRequestedFact(true, later),
        createVerificationRequestedFact(createTestLink('B')),
      ).linksUntil,
      late,
    );
    assert.equal(computeAccountStateAfterFacts(registered, accountVerifiedFact).linksUntil, undefined);
    assert.equal(
      computeAccountStateAfterFacts(
        registered,
        createPasswordResetRequestedFact(true, later),
        accountVerifiedFact,
      ).linksUntil,
      late,
    );
  });

  test('records which fact revoked its sessions last', () => {
    const past = [
      registered,
      createSessionsRevokedFact('logout-all'),
      accountVerifiedFact,
      ...createRegistrationEndedFacts('expired'),
    ];
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((count) => computeAccountStateAfterFacts(...past.slice(0, count)).revokedAt),
      [0, 2, 2, 2, 5],
    );
  });

  test('counts every fact', () => {
    const past = [
      registered,
      createVerificationRequestedFact(),
      createPasswordResetRequestedFact(true),
      accountVerifiedFact,
      createAccountDisabledFact(),
      createAccountEnabledFact(),
    ];
    assert.equal(computeAccountStateAfterFacts(...past).sequence, past.length);
  });

  test('is never changed: each fact leads to a new state', () => {
    const before = Object.freeze(computeUnverifiedAccountAfterFacts(registered));
    applyAccountFact(before, accountVerifiedFact);
    assert.deepEqual(before, computeUnverifiedAccountAfterFacts(registered));
    assert.deepEqual(initialAccountState, { status: 'none' });
  });

  test('is unchanged after a round trip through JSON, as in a snapshot', () => {
    const past = [
      registered,
      createPasswordResetRequestedFact(true, createTestLink('R')),
      createPasswordChangedFact('first', 'new'),
      accountVerifiedFact,
      createPasswordResetRequestedFact(false, createTestLink('S')),
      createProfileChangedFact({ person: { firstName: 'Ada' } }),
    ];
    for (const count of past.keys()) {
      const state = foldFacts(past.slice(0, count));
      assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
    }
  });
});

test('a history that does not begin with UserRegistered is refused', () => {
  assert.throws(() => foldFacts([accountVerifiedFact]), TypeError);
});

describe('the state of an erased person', () => {
  const erased: AccountFact = { ...registered, data: { ...registered.data, person: null } };

  test('has neither names nor an email address, but everything else', () => {
    const { email, username, ...rest } = computeAccountStateAfterFacts(erased);
    const { email: _email, username: _username, ...restBefore } = computeAccountStateAfterFacts(registered);
    assert.deepEqual({ email, username }, { email: '', username: '' });
    assert.deepEqual(rest, restBefore);
  });

  test('is changed only in the other fields by a later change without a person', () => {
    assert.deepEqual(changeBy([registered], createProfileChangedFact({ person: null, locale: 'de' })), {
      locale: 'de',
    });
    assert.deepEqual(changeBy([registered], createProfileChangedFact({ person: null })), {});
  });

  test('accepts commands like any other', () => {
    given(erased, accountVerifiedFact)
      .when({ type: 'DisableAccount', by: adminId })
      .thenHappens(createAccountDisabledFact(), createSessionsRevokedFact('disabled'));
  });
});
