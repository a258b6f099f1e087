import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decide, keysOf } from './decide.ts';
import {
  address,
  afterNoon,
  disabled,
  enabled,
  ended,
  link,
  noon,
  password,
  passwordChanged,
  rehashed,
  resetRequested,
  revoked,
  signedUp,
  stranger,
  userId,
  verified,
} from './testing/ada.ts';
import { given, stateAfter, verifiedAfter } from './testing/given-when-then.ts';

const HOUR = 3_600_000;
const unverified = [signedUp(link('A'))] as const;
const proven = [signedUp(link('A')), verified] as const;

describe('asking for a reset', () => {
  const ask = { type: 'RequestPasswordReset', address, link: link('R'), owner: undefined } as const;

  test('mints a link for a verified account', () => {
    given(...proven)
      .when({ ...ask, owner: userId })
      .thenHappens(resetRequested(false, link('R')));
  });

  test('mints a link that also verifies, for an unverified one', () => {
    given(...unverified)
      .when(ask)
      .thenHappens(resetRequested(true, link('R')));
  });

  test('mints none for an unverified account whose address is another’s', () => {
    given(...unverified)
      .when({ ...ask, owner: stranger })
      .thenHappens(resetRequested(true));
  });

  test('over the mail budget does nothing as long as a link works, and mints one afterwards', () => {
    const another = { ...ask, link: link('S') };
    for (const past of [unverified, [...proven, resetRequested(false, link('R'))]]) {
      const owner = past === unverified ? undefined : userId;
      given(...past)
        .when({ ...another, owner, unlessUsableAt: afterNoon(HOUR - 1) })
        .thenNothing();
      given(...past)
        .when({ ...another, owner, unlessUsableAt: afterNoon(HOUR) })
        .thenHappens(resetRequested(past === unverified, link('S')));
    }
  });

  test('over the mail budget mints one where no link was asked for, or the last one was used', () => {
    const again = { ...ask, owner: userId, link: link('S'), unlessUsableAt: noon };
    given(...proven)
      .when(again)
      .thenHappens(resetRequested(false, link('S')));
    given(...proven, resetRequested(false, link('R')), passwordChanged('reset', 'new'))
      .when(again)
      .thenHappens(resetRequested(false, link('S')));
  });

  test('over the mail budget behaves alike where the link is withheld', () => {
    given(signedUp())
      .when({ ...ask, owner: stranger, unlessUsableAt: afterNoon(HOUR - 1) })
      .thenNothing();
    given(signedUp())
      .when({ ...ask, owner: stranger, unlessUsableAt: afterNoon(HOUR) })
      .thenHappens(resetRequested(true));
  });

  test('does nothing for a disabled, ended or unknown account', () => {
    given(...proven, disabled())
      .when({ ...ask, owner: userId })
      .thenNothing();
    given(...unverified, disabled())
      .when(ask)
      .thenNothing();
    given(...unverified, ...ended('expired'))
      .when(ask)
      .thenNothing();
    given().when(ask).thenNothing();
  });

  test('works again once the account is enabled', () => {
    given(...proven, disabled(), enabled())
      .when(ask)
      .thenHappens(resetRequested(false, link('R')));
  });
});

const complete = {
  type: 'CompleteReset',
  tokenHash: link('R').hash,
  now: noon,
  owner: undefined,
  passwordHash: 'new',
} as const;

describe('a reset link of a verified account', () => {
  const past = [...proven, resetRequested(false, link('R'))];
  const use = { ...complete, owner: userId };

  test('sets the password and ends the sessions in the same commit', () => {
    given(...past)
      .when(use)
      .thenHappens(passwordChanged('reset', 'new'), revoked('password-changed'));
  });

  test('works up to, but not at, the instant of its expiry', () => {
    given(...past)
      .when({ ...use, now: afterNoon(HOUR - 1) })
      .thenHappens(passwordChanged('reset', 'new'), revoked('password-changed'));
    given(...past)
      .when({ ...use, now: afterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('works once', () => {
    const [changed, ended] = [passwordChanged('reset', 'new'), revoked('password-changed')];
    given(...past, changed, ended)
      .when(use)
      .thenRefused('token_invalid');
    given(...past, changed, ended)
      .when({ ...use, now: afterNoon(HOUR) })
      .thenRefused('token_invalid');
  });

  test('is superseded by a newer one', () => {
    const again = [...past, resetRequested(false, link('S'))];
    given(...again)
      .when(use)
      .thenRefused('token_invalid');
    given(...again)
      .when({ ...use, tokenHash: link('S').hash })
      .thenHappens(passwordChanged('reset', 'new'), revoked('password-changed'));
  });

  test('dies when the password is changed, and when the account is disabled', () => {
    given(...past, passwordChanged('change', 'newer'))
      .when(use)
      .thenRefused('token_invalid');
    given(...past, disabled())
      .when(use)
      .thenRefused('token_invalid');
    given(...past, disabled(), enabled())
      .when(use)
      .thenRefused('token_invalid');
  });

  test('is not opened by the token of the verification link, nor by any other', () => {
    given(...past)
      .when({ ...use, tokenHash: link('A').hash })
      .thenRefused('token_invalid');
    given(...proven)
      .when(use)
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...use, tokenHash: 'other', now: afterNoon(HOUR) })
      .thenRefused('token_invalid');
  });

  test('does not verify a second time', () => {
    const requestedBefore = [signedUp(link('A')), resetRequested(true, link('R')), verified];
    given(...requestedBefore)
      .when(use)
      .thenHappens(passwordChanged('reset', 'new'), revoked('password-changed'));
  });
});

describe('a reset link of an unverified account', () => {
  const past = [...unverified, resetRequested(true, link('R'))];

  test('proves the mailbox: it sets the first password, verifies and ends the sessions', () => {
    given(...past)
      .when(complete)
      .thenHappens(passwordChanged('first', 'new'), verified, revoked('password-changed'));
  });

  test('takes the claim on the address', () => {
    const state = stateAfter(...past);
    assert.deepEqual(keysOf(state, decide(state, complete).facts, noon), { claims: [`address:${address}`] });
  });

  test('ends the registration where another has proven the address', () => {
    given(...past)
      .when({ ...complete, owner: stranger })
      .thenRefused('token_invalid', ...ended('superseded'));
  });

  test('that is not right ends nothing, though another has proven the address', () => {
    const late = { ...complete, owner: stranger };
    given(...past)
      .when({ ...late, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...late, now: afterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('stays valid after a request that created no link', () => {
    given(...past, resetRequested(true))
      .when(complete)
      .thenHappens(passwordChanged('first', 'new'), verified, revoked('password-changed'));
  });

  test('dies with the registration', () => {
    given(...past, ...ended('rejected'))
      .when(complete)
      .thenRefused('token_invalid');
  });
});

describe('rehashing the password', () => {
  const rehash = { type: 'RehashPassword', checkedHash: password, passwordHash: 'renewed' } as const;

  test('replaces the stored hash alone: sessions and links remain', () => {
    given(...unverified)
      .when(rehash)
      .thenHappens(rehashed('renewed'));
    const { passwordHash, reset, revokedAt } = verifiedAfter(
      ...proven,
      resetRequested(false, link('R')),
      rehashed('renewed'),
    );
    assert.equal(passwordHash, 'renewed');
    assert.equal(reset?.hash, link('R').hash);
    assert.equal(revokedAt, 0);
  });

  test('does nothing if the account has another password by now', () => {
    given(...proven, passwordChanged('change', 'newer'))
      .when(rehash)
      .thenNothing();
  });

  test('does nothing a second time, for an account that ended, and for none', () => {
    given(...proven, rehashed('renewed'))
      .when({ ...rehash, checkedHash: 'renewed' })
      .thenNothing();
    given(...unverified, ...ended('expired'))
      .when(rehash)
      .thenNothing();
    given().when(rehash).thenNothing();
  });
});

describe('changing the password', () => {
  const change = { type: 'ChangePassword', checkedHash: password, passwordHash: 'new' } as const;

  test('ends the sessions in the same commit', () => {
    given(...proven)
      .when(change)
      .thenHappens(passwordChanged('change', 'new'), revoked('password-changed'));
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
    given(...unverified, ...ended('expired'))
      .when(change)
      .thenRefused('account_not_verified');
    given()
      .when({ ...change, checkedHash: '' })
      .thenRefused('account_not_verified');
  });

  test('ends every open link', () => {
    const { reset, usedVerification } = verifiedAfter(
      ...proven,
      resetRequested(false, link('R')),
      passwordChanged('change', 'new'),
    );
    assert.equal(reset, undefined);
    assert.equal(usedVerification?.hash, link('A').hash);
  });
});
