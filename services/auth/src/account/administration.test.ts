import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Command } from './commands.ts';
import { decide } from './decide.ts';
import {
  accountDisabled,
  accountDisabledWithNotice,
  accountEnabled,
  accountVerified,
  adaId,
  adminId,
  linkNamed,
  passwordResetRequested,
  registrationEnded,
  roleChanged,
  sessionsRevoked,
  userRegistered,
} from './testing/ada.ts';
import { fold, given, stateAfter, unverifiedAccountAfter } from './testing/given-when-then.ts';

const unverified = [userRegistered(linkNamed('A'))] as const;
const proven = [...unverified, accountVerified] as const;
const otherAdmins = { exist: true, claim: 'the third' } as const;

describe('changing the role', () => {
  const promote = { type: 'ChangeRole', role: 'admin', by: adminId } as const;
  const demote = { type: 'ChangeRole', role: 'user', by: adminId } as const;

  test('says what it was and by whom, and ends the sessions in the same commit', () => {
    given(...proven)
      .when(promote)
      .thenHappens(roleChanged('admin', 'user'), sessionsRevoked('role-changed'));
    given(...proven, roleChanged('admin', 'user'))
      .when({ ...demote, otherAdmins })
      .thenHappens(roleChanged('user', 'admin'), sessionsRevoked('role-changed'));
  });

  test('is open to ops', () => {
    given(...proven)
      .when({ ...promote, by: 'ops' })
      .thenHappens(roleChanged('admin', 'user', 'ops'), sessionsRevoked('role-changed'));
  });

  test('to what it is already does nothing', () => {
    given(...proven)
      .when(demote)
      .thenNothing();
    given(...proven, roleChanged('admin', 'user'))
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
  const admin0 = [...proven, roleChanged('admin', 'user')] as const;
  const alone = { exist: false, claim: 'the third' } as const;
  const commands = [
    { type: 'ChangeRole', role: 'user', by: adminId },
    { type: 'ChangeRole', role: 'user', by: 'ops' },
    { type: 'DisableAccount', by: adminId },
    { type: 'DisableAccount', by: 'ops' },
  ] as const;

  test('is neither demoted nor disabled, by nobody', () => {
    for (const command of commands) {
      given(...admin0)
        .when({ ...command, otherAdmins: alone })
        .thenRefused('last_admin');
      given(...admin0)
        .when(command)
        .thenRefused('last_admin');
    }
  });

  test('takes a claim with the commit where another one remains', () => {
    for (const command of commands) {
      const { claims } = decide(fold(admin0), { ...command, otherAdmins });
      assert.deepEqual(claims, ['the third']);
    }
  });

  test('is no matter to an account that is no admin, or disabled already', () => {
    for (const command of commands.filter(({ type }) => type === 'DisableAccount'))
      assert.equal(decide(fold(proven), command).refusal, undefined);
    given(...admin0, accountDisabled())
      .when({ type: 'ChangeRole', role: 'user', by: adminId })
      .thenHappens(roleChanged('user', 'admin'), sessionsRevoked('role-changed'));
  });
});

describe('disabling', () => {
  const disable = { type: 'DisableAccount', by: adminId } as const;

  test('ends the sessions in the same commit, verified or not', () => {
    given(...proven)
      .when(disable)
      .thenHappens(accountDisabledWithNotice(), sessionsRevoked('disabled'));
    given(...unverified)
      .when(disable)
      .thenHappens(accountDisabled(), sessionsRevoked('disabled'));
  });

  test('keeps the reason with the personal data', () => {
    given(...proven)
      .when({ ...disable, reason: 'asked by phone' })
      .thenHappens(accountDisabledWithNotice('asked by phone'), sessionsRevoked('disabled'));
  });

  test('ends every open link', () => {
    const { reset, verification } = unverifiedAccountAfter(
      ...unverified,
      passwordResetRequested(true, linkNamed('R')),
      accountDisabled(),
    );
    assert.deepEqual({ reset, verification }, { reset: undefined, verification: undefined });
  });

  test('a second time does nothing', () => {
    given(...proven, accountDisabled())
      .when({ ...disable, reason: 'another' })
      .thenNothing();
  });
});

describe('an alert', () => {
  const alert = { type: 'AlertOwner', reason: 'new-sign-in', from: { system: 'Linux' } } as const;

  test('names the owner of a verified account, and where it came from', () => {
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

  test('is for nobody where the mailbox may be a stranger\u2019s, or the account is closed', () => {
    for (const past of [
      [],
      unverified,
      [...proven, accountDisabled()],
      [...unverified, ...registrationEnded('expired')],
    ])
      given(...past)
        .when(alert)
        .thenNothing();
  });
});

describe('enabling', () => {
  const enable = { type: 'EnableAccount', by: adminId } as const;

  test('opens the account again, and revives no session', () => {
    given(...proven, accountDisabled(), sessionsRevoked('disabled'))
      .when(enable)
      .thenHappens(accountEnabled());
    assert.equal(
      stateAfter(...proven, accountDisabled(), sessionsRevoked('disabled'), accountEnabled()).revokedAt,
      4,
    );
  });

  test('keeps the reason with the personal data', () => {
    given(...proven, accountDisabled())
      .when({ ...enable, reason: 'a mistake' })
      .thenHappens(accountEnabled('a mistake'));
  });

  test('of one that is not disabled does nothing', () => {
    given(...proven)
      .when(enable)
      .thenNothing();
    given(...proven, accountDisabled(), accountEnabled())
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

  test('finds no account that has ended or never was', () => {
    const commands: readonly Command[] = [
      { type: 'ChangeRole', role: 'admin', by: adminId },
      { type: 'DisableAccount', by: adminId },
      { type: 'EnableAccount', by: adminId },
    ];
    for (const command of commands) {
      given().when(command).thenRefused('not_found');
      given(...unverified, ...registrationEnded('expired'))
        .when(command)
        .thenRefused('not_found');
    }
  });
});
