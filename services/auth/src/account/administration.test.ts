import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Command } from './commands.ts';
import {
  admin,
  disabled,
  enabled,
  ended,
  link,
  resetRequested,
  revoked,
  roleChanged,
  signedUp,
  userId,
  verified,
} from './testing/ada.ts';
import { given, stateAfter, unverifiedAfter } from './testing/given-when-then.ts';

const unverified = [signedUp(link('A'))] as const;
const proven = [...unverified, verified] as const;

describe('changing the role', () => {
  const promote = { type: 'ChangeRole', role: 'admin', by: admin } as const;
  const demote = { type: 'ChangeRole', role: 'user', by: admin } as const;

  test('says what it was and by whom, and ends the sessions in the same commit', () => {
    given(...proven)
      .when(promote)
      .thenHappens(roleChanged('admin', 'user'), revoked('role-changed'));
    given(...proven, roleChanged('admin', 'user'))
      .when(demote)
      .thenHappens(roleChanged('user', 'admin'), revoked('role-changed'));
  });

  test('is open to ops', () => {
    given(...proven)
      .when({ ...promote, by: 'ops' })
      .thenHappens(roleChanged('admin', 'user', 'ops'), revoked('role-changed'));
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

describe('disabling', () => {
  const disable = { type: 'DisableAccount', by: admin } as const;

  test('ends the sessions in the same commit, verified or not', () => {
    given(...proven)
      .when(disable)
      .thenHappens(disabled(), revoked('disabled'));
    given(...unverified)
      .when(disable)
      .thenHappens(disabled(), revoked('disabled'));
  });

  test('keeps the reason with the personal data', () => {
    given(...proven)
      .when({ ...disable, reason: 'asked by phone' })
      .thenHappens(disabled('asked by phone'), revoked('disabled'));
  });

  test('ends every open link', () => {
    const { reset, verification } = unverifiedAfter(
      ...unverified,
      resetRequested(true, link('R')),
      disabled(),
    );
    assert.deepEqual({ reset, verification }, { reset: undefined, verification: undefined });
  });

  test('a second time does nothing', () => {
    given(...proven, disabled())
      .when({ ...disable, reason: 'another' })
      .thenNothing();
  });
});

describe('enabling', () => {
  const enable = { type: 'EnableAccount', by: admin } as const;

  test('opens the account again, and revives no session', () => {
    given(...proven, disabled(), revoked('disabled'))
      .when(enable)
      .thenHappens(enabled());
    assert.equal(stateAfter(...proven, disabled(), revoked('disabled'), enabled()).revokedAt, 4);
  });

  test('keeps the reason with the personal data', () => {
    given(...proven, disabled())
      .when({ ...enable, reason: 'a mistake' })
      .thenHappens(enabled('a mistake'));
  });

  test('of one that is not disabled does nothing', () => {
    given(...proven)
      .when(enable)
      .thenNothing();
    given(...proven, disabled(), enabled())
      .when(enable)
      .thenNothing();
  });
});

describe('an admin', () => {
  test('can neither change the own role nor disable the own account', () => {
    given(...proven)
      .when({ type: 'ChangeRole', role: 'admin', by: userId })
      .thenRefused('own_account');
    given(...proven)
      .when({ type: 'ChangeRole', role: 'user', by: userId })
      .thenRefused('own_account');
    given(...proven)
      .when({ type: 'DisableAccount', by: userId })
      .thenRefused('own_account');
  });

  test('finds no account that has ended or never was', () => {
    const commands: readonly Command[] = [
      { type: 'ChangeRole', role: 'admin', by: admin },
      { type: 'DisableAccount', by: admin },
      { type: 'EnableAccount', by: admin },
    ];
    for (const command of commands) {
      given().when(command).thenRefused('not_found');
      given(...unverified, ...ended('expired'))
        .when(command)
        .thenRefused('not_found');
    }
  });
});
