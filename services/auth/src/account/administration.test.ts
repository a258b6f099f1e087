import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AccountCommand } from './commands.ts';
import { decide } from './decide.ts';
import {
  accountVerifiedFact,
  adaId,
  adminId,
  createAccountDisabledFact,
  createAccountDisabledFactWithMailData,
  createAccountEnabledFact,
  createPasswordResetRequestedFact,
  createRegistrationEndedFacts,
  createRoleChangedFact,
  createSessionsRevokedFact,
  createTestLink,
  createUserRegisteredFact,
} from './testing/ada.ts';
import {
  computeAccountStateAfterFacts,
  computeUnverifiedAccountAfterFacts,
  foldFacts,
  given,
} from './testing/given-when-then.ts';

const unverified = [createUserRegisteredFact(createTestLink('A'))] as const;
const proven = [...unverified, accountVerifiedFact] as const;
const otherAdmins = { exist: true, claim: 'the third' } as const;

describe('changing the role', () => {
  const promote = { type: 'ChangeRole', role: 'admin', by: adminId } as const;
  const demote = { type: 'ChangeRole', role: 'user', by: adminId } as const;

  test('records the former role and the admin, and ends the sessions in the same commit', () => {
    given(...proven)
      .when(promote)
      .thenHappens(createRoleChangedFact('admin', 'user'), createSessionsRevokedFact('role-changed'));
    given(...proven, createRoleChangedFact('admin', 'user'))
      .when({ ...demote, otherAdmins })
      .thenHappens(createRoleChangedFact('user', 'admin'), createSessionsRevokedFact('role-changed'));
  });

  test('is allowed for ops', () => {
    given(...proven)
      .when({ ...promote, by: 'ops' })
      .thenHappens(createRoleChangedFact('admin', 'user', 'ops'), createSessionsRevokedFact('role-changed'));
  });

  test('to the current role does nothing', () => {
    given(...proven)
      .when(demote)
      .thenNothing();
    given(...proven, createRoleChangedFact('admin', 'user'))
      .when(promote)
      .thenNothing();
  });

  test('is for verified accounts only', () => {
    given(...unverified)
      .when(promote)
      .thenRefused('conflict');
    given(...unverified)
      .when(demote)
      .thenRefused('conflict');
  });
});

describe('the last admin', () => {
  const admin0 = [...proven, createRoleChangedFact('admin', 'user')] as const;
  const alone = { exist: false, claim: 'the third' } as const;
  const commands = [
    { type: 'ChangeRole', role: 'user', by: adminId },
    { type: 'ChangeRole', role: 'user', by: 'ops' },
    { type: 'DisableAccount', by: adminId },
    { type: 'DisableAccount', by: 'ops' },
  ] as const;

  test('can be neither demoted nor disabled, by anybody', () => {
    for (const command of commands) {
      given(...admin0)
        .when({ ...command, otherAdmins: alone })
        .thenRefused('last_admin');
      given(...admin0)
        .when(command)
        .thenRefused('last_admin');
    }
  });

  test('can be removed if another admin remains, with a claim in the same commit', () => {
    for (const command of commands) {
      const { claims } = decide(foldFacts(admin0), { ...command, otherAdmins });
      assert.deepEqual(claims, ['the third']);
    }
  });

  test('does not matter for an account that is no admin, or already disabled', () => {
    for (const command of commands.filter(({ type }) => type === 'DisableAccount'))
      assert.equal(decide(foldFacts(proven), command).refusal, undefined);
    given(...admin0, createAccountDisabledFact())
      .when({ type: 'ChangeRole', role: 'user', by: adminId })
      .thenHappens(createRoleChangedFact('user', 'admin'), createSessionsRevokedFact('role-changed'));
  });
});

describe('disabling', () => {
  const disable = { type: 'DisableAccount', by: adminId } as const;

  test('ends the sessions in the same commit, verified or not', () => {
    given(...proven)
      .when(disable)
      .thenHappens(createAccountDisabledFactWithMailData(), createSessionsRevokedFact('disabled'));
    given(...unverified)
      .when(disable)
      .thenHappens(createAccountDisabledFact(), createSessionsRevokedFact('disabled'));
  });

  test('keeps the reason with the personal data', () => {
    given(...proven)
      .when({ ...disable, reason: 'asked by phone' })
      .thenHappens(
        createAccountDisabledFactWithMailData('asked by phone'),
        createSessionsRevokedFact('disabled'),
      );
  });

  test('ends every open link', () => {
    const { reset, verification } = computeUnverifiedAccountAfterFacts(
      ...unverified,
      createPasswordResetRequestedFact(true, createTestLink('R')),
      createAccountDisabledFact(),
    );
    assert.deepEqual({ reset, verification }, { reset: undefined, verification: undefined });
  });

  test('a second time does nothing', () => {
    given(...proven, createAccountDisabledFact())
      .when({ ...disable, reason: 'another' })
      .thenNothing();
  });
});

describe('an alert', () => {
  const alert = { type: 'AlertOwner', reason: 'new-sign-in', from: { system: 'Linux' } } as const;

  test('names the owner of a verified account, and the source', () => {
    given(...proven)
      .when(alert)
      .thenHappens({
        type: 'OwnerAlerted',
        data: {
          userId: adaId,
          reason: 'new-sign-in',
          locale: 'en',
          person: { email: 'Ada@example.com', username: 'ada', system: 'Linux' },
        },
      });
  });

  test('is sent to nobody if the mailbox may be a stranger\u2019s, or the account is closed', () => {
    for (const past of [
      [],
      unverified,
      [...proven, createAccountDisabledFact()],
      [...unverified, ...createRegistrationEndedFacts('expired')],
    ])
      given(...past)
        .when(alert)
        .thenNothing();
  });
});

describe('enabling', () => {
  const enable = { type: 'EnableAccount', by: adminId } as const;

  test('reopens the account, but no session', () => {
    given(...proven, createAccountDisabledFact(), createSessionsRevokedFact('disabled'))
      .when(enable)
      .thenHappens(createAccountEnabledFact());
    assert.equal(
      computeAccountStateAfterFacts(
        ...proven,
        createAccountDisabledFact(),
        createSessionsRevokedFact('disabled'),
        createAccountEnabledFact(),
      ).revokedAt,
      4,
    );
  });

  test('keeps the reason with the personal data', () => {
    given(...proven, createAccountDisabledFact())
      .when({ ...enable, reason: 'a mistake' })
      .thenHappens(createAccountEnabledFact('a mistake'));
  });

  test('of one that is not disabled does nothing', () => {
    given(...proven)
      .when(enable)
      .thenNothing();
    given(...proven, createAccountDisabledFact(), createAccountEnabledFact())
      .when(enable)
      .thenNothing();
  });
});

describe('an admin', () => {
  test('can neither change the own role nor disable the own account', () => {
    given(...proven)
      .when({ type: 'ChangeRole', role: 'admin', by: adaId })
      .thenRefused('own_account');
    given(...proven)
      .when({ type: 'ChangeRole', role: 'user', by: adaId })
      .thenRefused('own_account');
    given(...proven)
      .when({ type: 'DisableAccount', by: adaId })
      .thenRefused('own_account');
  });

  test('finds no account that has ended or never existed', () => {
    const commands: readonly AccountCommand[] = [
      { type: 'ChangeRole', role: 'admin', by: adminId },
      { type: 'DisableAccount', by: adminId },
      { type: 'EnableAccount', by: adminId },
    ];
    for (const command of commands) {
      given().when(command).thenRefused('not_found');
      given(...unverified, ...createRegistrationEndedFacts('expired'))
        .when(command)
        .thenRefused('not_found');
    }
  });
});
