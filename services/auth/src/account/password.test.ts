import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lookupKeysOf } from './claims.ts';
import { decide } from './decide.ts';
import {
  accountDisabled,
  accountEnabled,
  accountVerified,
  adaAddress,
  adaId,
  firstPasswordHash,
  linkNamed,
  msAfterNoon,
  noon,
  passwordChanged,
  passwordRehashed,
  passwordResetRequested,
  registrationEnded,
  sessionsRevoked,
  strangerId,
  userRegistered,
} from './testing/ada.ts';
import { given, stateAfter, verifiedAccountAfter } from './testing/given-when-then.ts';

const HOUR = 3_600_000;
const unverified = [userRegistered(linkNamed('A'))] as const;
const proven = [userRegistered(linkNamed('A')), accountVerified] as const;

describe('asking for a reset', () => {
  const ask = {
    type: 'RequestPasswordReset',
    address: adaAddress,
    link: linkNamed('R'),
    owner: undefined,
  } as const;

  test('mints a link for a verified account', () => {
    given(...proven)
      .when({ ...ask, owner: adaId })
      .thenHappens(passwordResetRequested(false, linkNamed('R')));
  });

  test('mints a link that also verifies, for an unverified one', () => {
    given(...unverified)
      .when(ask)
      .thenHappens(passwordResetRequested(true, linkNamed('R')));
  });

  test('mints none for an unverified account whose address is another’s', () => {
    given(...unverified)
      .when({ ...ask, owner: strangerId })
      .thenHappens(passwordResetRequested(true));
  });

  test('over the mail budget does nothing as long as a link works, and mints one afterwards', () => {
    const another = { ...ask, link: linkNamed('S') };
    for (const past of [unverified, [...proven, passwordResetRequested(false, linkNamed('R'))]]) {
      const owner = past === unverified ? undefined : adaId;
      given(...past)
        .when({ ...another, owner, unlessUsableAt: msAfterNoon(HOUR - 1) })
        .thenNothing();
      given(...past)
        .when({ ...another, owner, unlessUsableAt: msAfterNoon(HOUR) })
        .thenHappens(passwordResetRequested(past === unverified, linkNamed('S')));
    }
  });

  test('over the mail budget mints one where no link was asked for, or the last one was used', () => {
    const again = { ...ask, owner: adaId, link: linkNamed('S'), unlessUsableAt: noon };
    given(...proven)
      .when(again)
      .thenHappens(passwordResetRequested(false, linkNamed('S')));
    given(...proven, passwordResetRequested(false, linkNamed('R')), passwordChanged('reset', 'new'))
      .when(again)
      .thenHappens(passwordResetRequested(false, linkNamed('S')));
  });

  test('over the mail budget behaves alike where the link is withheld', () => {
    given(userRegistered())
      .when({ ...ask, owner: strangerId, unlessUsableAt: msAfterNoon(HOUR - 1) })
      .thenNothing();
    given(userRegistered())
      .when({ ...ask, owner: strangerId, unlessUsableAt: msAfterNoon(HOUR) })
      .thenHappens(passwordResetRequested(true));
  });

  test('does nothing for a disabled, ended or unknown account', () => {
    given(...proven, accountDisabled())
      .when({ ...ask, owner: adaId })
      .thenNothing();
    given(...unverified, accountDisabled())
      .when(ask)
      .thenNothing();
    given(...unverified, ...registrationEnded('expired'))
      .when(ask)
      .thenNothing();
    given().when(ask).thenNothing();
  });

  test('works again once the account is enabled', () => {
    given(...proven, accountDisabled(), accountEnabled())
      .when(ask)
      .thenHappens(passwordResetRequested(false, linkNamed('R')));
  });
});

const complete = {
  type: 'CompleteReset',
  tokenHash: linkNamed('R').hash,
  now: noon,
  owner: undefined,
  passwordHash: 'new',
} as const;

describe('a reset link of a verified account', () => {
  const past = [...proven, passwordResetRequested(false, linkNamed('R'))];
  const use = { ...complete, owner: adaId };

  test('sets the password and ends the sessions in the same commit', () => {
    given(...past)
      .when(use)
      .thenHappens(passwordChanged('reset', 'new'), sessionsRevoked('password-changed'));
  });

  test('works up to, but not at, the instant of its expiry', () => {
    given(...past)
      .when({ ...use, now: msAfterNoon(HOUR - 1) })
      .thenHappens(passwordChanged('reset', 'new'), sessionsRevoked('password-changed'));
    given(...past)
      .when({ ...use, now: msAfterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('works once', () => {
    const [changed, ended] = [passwordChanged('reset', 'new'), sessionsRevoked('password-changed')];
    given(...past, changed, ended)
      .when(use)
      .thenRefused('token_invalid');
    given(...past, changed, ended)
      .when({ ...use, now: msAfterNoon(HOUR) })
      .thenRefused('token_invalid');
  });

  test('is superseded by a newer one', () => {
    const again = [...past, passwordResetRequested(false, linkNamed('S'))];
    given(...again)
      .when(use)
      .thenRefused('token_invalid');
    given(...again)
      .when({ ...use, tokenHash: linkNamed('S').hash })
      .thenHappens(passwordChanged('reset', 'new'), sessionsRevoked('password-changed'));
  });

  test('dies when the password is changed, and when the account is disabled', () => {
    given(...past, passwordChanged('change', 'newer'))
      .when(use)
      .thenRefused('token_invalid');
    given(...past, accountDisabled())
      .when(use)
      .thenRefused('token_invalid');
    given(...past, accountDisabled(), accountEnabled())
      .when(use)
      .thenRefused('token_invalid');
  });

  test('is not opened by the token of the verification link, nor by any other', () => {
    given(...past)
      .when({ ...use, tokenHash: linkNamed('A').hash })
      .thenRefused('token_invalid');
    given(...proven)
      .when(use)
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...use, tokenHash: 'other', now: msAfterNoon(HOUR) })
      .thenRefused('token_invalid');
  });

  test('does not verify a second time', () => {
    const requestedBefore = [
      userRegistered(linkNamed('A')),
      passwordResetRequested(true, linkNamed('R')),
      accountVerified,
    ];
    given(...requestedBefore)
      .when(use)
      .thenHappens(passwordChanged('reset', 'new'), sessionsRevoked('password-changed'));
  });
});

describe('a reset link of an unverified account', () => {
  const past = [...unverified, passwordResetRequested(true, linkNamed('R'))];

  test('proves the mailbox: it sets the first password, verifies and ends the sessions', () => {
    given(...past)
      .when(complete)
      .thenHappens(passwordChanged('first', 'new'), accountVerified, sessionsRevoked('password-changed'));
  });

  test('takes the claim on the address', () => {
    const state = stateAfter(...past);
    assert.deepEqual(lookupKeysOf(state, decide(state, complete).facts, noon), {
      claims: [`address:${adaAddress}`],
    });
  });

  test('ends the registration where another has proven the address', () => {
    given(...past)
      .when({ ...complete, owner: strangerId })
      .thenRefused('token_invalid', ...registrationEnded('superseded'));
  });

  test('that is not right ends nothing, though another has proven the address', () => {
    const late = { ...complete, owner: strangerId };
    given(...past)
      .when({ ...late, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...late, now: msAfterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('stays valid after a request that created no link', () => {
    given(...past, passwordResetRequested(true))
      .when(complete)
      .thenHappens(passwordChanged('first', 'new'), accountVerified, sessionsRevoked('password-changed'));
  });

  test('dies with the registration', () => {
    given(...past, ...registrationEnded('rejected'))
      .when(complete)
      .thenRefused('token_invalid');
  });
});

describe('rehashing the password', () => {
  const rehash = { type: 'RehashPassword', checkedHash: firstPasswordHash, passwordHash: 'renewed' } as const;

  test('replaces the stored hash alone: sessions and links remain', () => {
    given(...unverified)
      .when(rehash)
      .thenHappens(passwordRehashed('renewed'));
    const { passwordHash, reset, revokedAt } = verifiedAccountAfter(
      ...proven,
      passwordResetRequested(false, linkNamed('R')),
      passwordRehashed('renewed'),
    );
    assert.equal(passwordHash, 'renewed');
    assert.equal(reset?.hash, linkNamed('R').hash);
    assert.equal(revokedAt, 0);
  });

  test('does nothing if the account has another password by now', () => {
    given(...proven, passwordChanged('change', 'newer'))
      .when(rehash)
      .thenNothing();
  });

  test('does nothing a second time, for an account that ended, and for none', () => {
    given(...proven, passwordRehashed('renewed'))
      .when({ ...rehash, checkedHash: 'renewed' })
      .thenNothing();
    given(...unverified, ...registrationEnded('expired'))
      .when(rehash)
      .thenNothing();
    given().when(rehash).thenNothing();
  });
});

describe('changing the password', () => {
  const change = { type: 'ChangePassword', checkedHash: firstPasswordHash, passwordHash: 'new' } as const;

  test('ends the sessions in the same commit', () => {
    given(...proven)
      .when(change)
      .thenHappens(passwordChanged('change', 'new'), sessionsRevoked('password-changed'));
  });

  test('is refused with another password than the one the account has by now', () => {
    given(...proven, passwordChanged('reset', 'newer'))
      .when(change)
      .thenRefused('current_password_incorrect');
    given(...proven)
      .when({ ...change, checkedHash: '' })
      .thenRefused('current_password_incorrect');
  });

  test('is for verified accounts', () => {
    given(...unverified)
      .when(change)
      .thenRefused('account_not_verified');
    given(...unverified, ...registrationEnded('expired'))
      .when(change)
      .thenRefused('account_not_verified');
    given()
      .when({ ...change, checkedHash: '' })
      .thenRefused('account_not_verified');
  });

  test('ends every open link', () => {
    const { reset, usedVerification } = verifiedAccountAfter(
      ...proven,
      passwordResetRequested(false, linkNamed('R')),
      passwordChanged('change', 'new'),
    );
    assert.equal(reset, undefined);
    assert.equal(usedVerification?.hash, linkNamed('A').hash);
  });
});
