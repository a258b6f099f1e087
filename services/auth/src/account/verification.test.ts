import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lookupKeysOf } from './claims.ts';
import { decide } from './decide.ts';
import { resetRefusal, verificationRefusal } from './link.ts';
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
  passwordResetRequested,
  registrationEnded,
  sessionsRevoked,
  strangerId,
  userRegistered,
  verificationRequested,
} from './testing/ada.ts';
import { given, stateAfter } from './testing/given-when-then.ts';

const HOUR = 3_600_000;
const verify = {
  type: 'Verify',
  tokenHash: linkNamed('A').hash,
  now: noon,
  owner: undefined,
  proof: { kind: 'password', passwordHash: firstPasswordHash },
} as const;
/** Proof that the person has a session or a sign-up cookie of the account, issued at event 1 (the sign-up). */
const holder = { kind: 'holder', holders: [{ userId: adaId, since: 1 }] } as const;
const NOTHING = { kind: 'holder', holders: [] } as const;
const newPassword = { kind: 'new-password', passwordHash: 'hash of a new password' } as const;

describe('a verification link', () => {
  test('verifies its account', () => {
    given(userRegistered(linkNamed('A')))
      .when(verify)
      .thenHappens(accountVerified);
  });

  test('takes the claim on the address', () => {
    const state = stateAfter(userRegistered(linkNamed('A')));
    assert.deepEqual(lookupKeysOf(state, decide(state, verify).facts, noon), {
      claims: [`address:${adaAddress}`],
    });
  });

  test('works up to, but not at, the instant of its expiry', () => {
    given(userRegistered(linkNamed('A')))
      .when({ ...verify, now: msAfterNoon(HOUR - 1) })
      .thenHappens(accountVerified);
    given(userRegistered(linkNamed('A')))
      .when({ ...verify, now: msAfterNoon(HOUR) })
      .thenRefused('token_expired');
    given(userRegistered(linkNamed('A')))
      .when({ ...verify, now: msAfterNoon(HOUR + 1) })
      .thenRefused('token_expired');
  });

  test('of another token is invalid, also past the time of the right one', () => {
    const another = { ...verify, tokenHash: linkNamed('B').hash };
    given(userRegistered(linkNamed('A')))
      .when(another)
      .thenRefused('token_invalid');
    given(userRegistered(linkNamed('A')))
      .when({ ...another, now: msAfterNoon(2 * HOUR) })
      .thenRefused('token_invalid');
    given(userRegistered(linkNamed('A')))
      .when({ ...another, tokenHash: '' })
      .thenRefused('token_invalid');
  });

  test('is invalid where no link was minted, or no account is', () => {
    given(userRegistered()).when(verify).thenRefused('token_invalid');
    given().when(verify).thenRefused('token_invalid');
  });

  test('is superseded by a newer one', () => {
    const past = [userRegistered(linkNamed('A')), verificationRequested(linkNamed('B'))];
    given(...past)
      .when(verify)
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...verify, tokenHash: linkNamed('B').hash })
      .thenHappens(accountVerified);
  });

  test('is not superseded by a renewal that minted none', () => {
    given(userRegistered(linkNamed('A')), verificationRequested())
      .when(verify)
      .thenHappens(accountVerified);
  });

  test('that was used is no error the second time, also after its expiry and for other callers', () => {
    const past = [userRegistered(linkNamed('A')), accountVerified];
    given(...past)
      .when({ ...verify, owner: adaId })
      .thenNothing();
    given(...past)
      .when({ ...verify, owner: adaId, now: msAfterNoon(2 * HOUR) })
      .thenNothing();
    given(...past)
      .when({ ...verify, owner: adaId, proof: NOTHING })
      .thenNothing();
  });

  test('that was used stays known after a new password and after disabling', () => {
    const past = [userRegistered(linkNamed('A')), accountVerified];
    given(...past, passwordChanged('change', 'new'), sessionsRevoked('password-changed'))
      .when(verify)
      .thenNothing();
    given(...past, accountDisabled(), sessionsRevoked('disabled'))
      .when(verify)
      .thenNothing();
  });

  test('that was superseded before another one was used stays invalid', () => {
    given(userRegistered(linkNamed('A')), verificationRequested(linkNamed('B')), accountVerified)
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies with the registration', () => {
    given(userRegistered(linkNamed('A')), ...registrationEnded('rejected'))
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies when its account is disabled, and does not come back when it is enabled', () => {
    const past = [userRegistered(linkNamed('A')), accountDisabled(), sessionsRevoked('disabled')];
    given(...past)
      .when(verify)
      .thenRefused('token_invalid');
    given(...past, accountEnabled())
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies when a reset has verified the account', () => {
    given(
      userRegistered(linkNamed('A')),
      passwordResetRequested(true, linkNamed('R')),
      passwordChanged('first', 'new'),
      accountVerified,
    )
      .when({ ...verify, owner: adaId })
      .thenRefused('token_invalid');
  });

  test('is not opened by the token of a reset link', () => {
    given(userRegistered(linkNamed('A')), passwordResetRequested(true, linkNamed('R')))
      .when({ ...verify, tokenHash: linkNamed('R').hash })
      .thenRefused('token_invalid');
  });
});

describe('a verification link needs, in the same step,', () => {
  function given1() {
    return given(userRegistered(linkNamed('A')));
  }

  test('more than itself', () => {
    given1()
      .when({ ...verify, proof: NOTHING })
      .thenRefused('password_required');
  });

  test('the password of its own sign-up, whole', () => {
    given1().when(verify).thenHappens(accountVerified);
    for (const passwordHash of [
      '',
      'hash of a stranger’s password',
      firstPasswordHash.slice(0, -1),
      `${firstPasswordHash}.`,
    ])
      given1()
        .when({ ...verify, proof: { kind: 'password', passwordHash } })
        .thenRefused('password_required');
  });

  test('or a session or sign-up cookie of its own account', () => {
    given1()
      .when({ ...verify, proof: holder })
      .thenHappens(accountVerified);
    given1()
      .when({ ...verify, proof: { kind: 'holder', holders: [{ userId: strangerId, since: 9 }] } })
      .thenRefused('password_required');
    const both = [{ userId: strangerId, since: 1 }, ...holder.holders];
    given1()
      .when({ ...verify, proof: { kind: 'holder', holders: both } })
      .thenHappens(accountVerified);
  });

  test('which ends with the sessions of the account', () => {
    given(userRegistered(linkNamed('A')), sessionsRevoked('logout-all'))
      .when({ ...verify, proof: holder })
      .thenRefused('password_required');
    given(userRegistered(linkNamed('A')), sessionsRevoked('logout-all'))
      .when({ ...verify, proof: { kind: 'holder', holders: [{ userId: adaId, since: 2 }] } })
      .thenHappens(accountVerified);
  });

  test('or a new password, which replaces the old one and ends all that was issued before', () => {
    given1()
      .when({ ...verify, proof: newPassword })
      .thenHappens(
        accountVerified,
        passwordChanged('first', newPassword.passwordHash),
        sessionsRevoked('password-changed'),
      );
    const state = stateAfter(
      userRegistered(linkNamed('A')),
      accountVerified,
      passwordChanged('first', newPassword.passwordHash),
      sessionsRevoked('password-changed'),
    );
    assert.equal(state.passwordHash, newPassword.passwordHash);
    assert.ok(state.allRevokedAt > 1);
  });

  test('and with a new password again is a repeat, with another one invalid', () => {
    const past = [
      userRegistered(linkNamed('A')),
      accountVerified,
      passwordChanged('first', newPassword.passwordHash),
      sessionsRevoked('password-changed'),
    ];
    const again = { ...verify, owner: adaId };
    given(...past)
      .when({ ...again, proof: newPassword })
      .thenNothing();
    given(...past)
      .when({ ...again, proof: { ...newPassword, passwordHash: 'hash of another' } })
      .thenRefused('token_invalid');
  });

  test('and a bad token is told first', () => {
    for (const proof of [NOTHING, newPassword, holder, verify.proof]) {
      given1()
        .when({ ...verify, proof, tokenHash: 'other' })
        .thenRefused('token_invalid');
      given1()
        .when({ ...verify, proof, now: msAfterNoon(HOUR) })
        .thenRefused('token_expired');
    }
  });
});

describe('an address that another account has proven', () => {
  const late = { ...verify, owner: strangerId };

  test('cannot be verified again: the registration ends', () => {
    given(userRegistered(linkNamed('A')))
      .when(late)
      .thenRefused('token_invalid', ...registrationEnded('superseded'));
  });

  test('cannot be verified again whatever comes with the link', () => {
    for (const proof of [NOTHING, newPassword, holder])
      given(userRegistered(linkNamed('A')))
        .when({ ...late, proof })
        .thenRefused('token_invalid', ...registrationEnded('superseded'));
  });

  test('does not end a registration whose link is not shown', () => {
    given(userRegistered(linkNamed('A')))
      .when({ ...late, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(userRegistered(linkNamed('A')))
      .when({ ...late, now: msAfterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('is proven again by its own holder without harm', () => {
    given(userRegistered(linkNamed('A')))
      .when({ ...verify, owner: adaId })
      .thenHappens(accountVerified);
  });
});

describe('a link', () => {
  test('is looked at as it is used: the same refusals, or none', () => {
    const open = stateAfter(userRegistered(linkNamed('A')), passwordResetRequested(true, linkNamed('R')));
    assert.equal(verificationRefusal(open, linkNamed('A').hash, noon), undefined);
    assert.equal(verificationRefusal(open, linkNamed('R').hash, noon), 'token_invalid');
    assert.equal(resetRefusal(open, linkNamed('R').hash, noon), undefined);
    assert.equal(resetRefusal(open, linkNamed('A').hash, noon), 'token_invalid');
    assert.equal(resetRefusal(open, linkNamed('R').hash, msAfterNoon(HOUR)), 'token_expired');
  });
});
