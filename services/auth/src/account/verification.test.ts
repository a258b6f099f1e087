import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decide, keysOf } from './decide.ts';
import { resetRefusal, verificationRefusal } from './link.ts';
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
  renewed,
  resetRequested,
  revoked,
  signedUp,
  stranger,
  userId,
  verified,
} from './testing/ada.ts';
import { given, stateAfter } from './testing/given-when-then.ts';

const HOUR = 3_600_000;
const verify = {
  type: 'Verify',
  tokenHash: link('A').hash,
  now: noon,
  owner: undefined,
  proof: { kind: 'password', passwordHash: password },
} as const;
/** A session or cookie of the account, issued at its sign-up. */
const holder = { kind: 'holder', holders: [{ userId, since: 1 }] } as const;
const NOTHING = { kind: 'holder', holders: [] } as const;
const newPassword = { kind: 'new-password', passwordHash: 'hash of a new password' } as const;

describe('a verification link', () => {
  test('verifies its account', () => {
    given(signedUp(link('A')))
      .when(verify)
      .thenHappens(verified);
  });

  test('takes the claim on the address', () => {
    const state = stateAfter(signedUp(link('A')));
    assert.deepEqual(keysOf(state, decide(state, verify).facts, noon), { claims: [`address:${address}`] });
  });

  test('works up to, but not at, the instant of its expiry', () => {
    given(signedUp(link('A')))
      .when({ ...verify, now: afterNoon(HOUR - 1) })
      .thenHappens(verified);
    given(signedUp(link('A')))
      .when({ ...verify, now: afterNoon(HOUR) })
      .thenRefused('token_expired');
    given(signedUp(link('A')))
      .when({ ...verify, now: afterNoon(HOUR + 1) })
      .thenRefused('token_expired');
  });

  test('of another token is invalid, also past the time of the right one', () => {
    const another = { ...verify, tokenHash: link('B').hash };
    given(signedUp(link('A')))
      .when(another)
      .thenRefused('token_invalid');
    given(signedUp(link('A')))
      .when({ ...another, now: afterNoon(2 * HOUR) })
      .thenRefused('token_invalid');
    given(signedUp(link('A')))
      .when({ ...another, tokenHash: '' })
      .thenRefused('token_invalid');
  });

  test('is invalid where no link was minted, or no account is', () => {
    given(signedUp()).when(verify).thenRefused('token_invalid');
    given().when(verify).thenRefused('token_invalid');
  });

  test('is superseded by a newer one', () => {
    const past = [signedUp(link('A')), renewed(link('B'))];
    given(...past)
      .when(verify)
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...verify, tokenHash: link('B').hash })
      .thenHappens(verified);
  });

  test('is not superseded by a renewal that minted none', () => {
    given(signedUp(link('A')), renewed())
      .when(verify)
      .thenHappens(verified);
  });

  test('that was used is no error the second time, also after its expiry and for other callers', () => {
    const past = [signedUp(link('A')), verified];
    given(...past)
      .when({ ...verify, owner: userId })
      .thenNothing();
    given(...past)
      .when({ ...verify, owner: userId, now: afterNoon(2 * HOUR) })
      .thenNothing();
    given(...past)
      .when({ ...verify, owner: userId, proof: NOTHING })
      .thenNothing();
  });

  test('that was used stays known after a new password and after disabling', () => {
    const past = [signedUp(link('A')), verified];
    given(...past, passwordChanged('change', 'new'), revoked('password-changed'))
      .when(verify)
      .thenNothing();
    given(...past, disabled(), revoked('disabled'))
      .when(verify)
      .thenNothing();
  });

  test('that was superseded before another one was used stays invalid', () => {
    given(signedUp(link('A')), renewed(link('B')), verified)
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies with the registration', () => {
    given(signedUp(link('A')), ...ended('rejected'))
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies when its account is disabled, and does not come back when it is enabled', () => {
    const past = [signedUp(link('A')), disabled(), revoked('disabled')];
    given(...past)
      .when(verify)
      .thenRefused('token_invalid');
    given(...past, enabled())
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies when a reset has verified the account', () => {
    given(signedUp(link('A')), resetRequested(true, link('R')), passwordChanged('first', 'new'), verified)
      .when({ ...verify, owner: userId })
      .thenRefused('token_invalid');
  });

  test('is not opened by the token of a reset link', () => {
    given(signedUp(link('A')), resetRequested(true, link('R')))
      .when({ ...verify, tokenHash: link('R').hash })
      .thenRefused('token_invalid');
  });
});

describe('a verification link needs, in the same step,', () => {
  function given1() {
    return given(signedUp(link('A')));
  }

  test('more than itself', () => {
    given1()
      .when({ ...verify, proof: NOTHING })
      .thenRefused('password_required');
  });

  test('the password of its own sign-up, whole', () => {
    given1().when(verify).thenHappens(verified);
    for (const passwordHash of ['', 'hash of a stranger’s password', password.slice(0, -1), `${password}.`])
      given1()
        .when({ ...verify, proof: { kind: 'password', passwordHash } })
        .thenRefused('password_required');
  });

  test('or a session or sign-up cookie of its own account', () => {
    given1()
      .when({ ...verify, proof: holder })
      .thenHappens(verified);
    given1()
      .when({ ...verify, proof: { kind: 'holder', holders: [{ userId: stranger, since: 9 }] } })
      .thenRefused('password_required');
    const both = [{ userId: stranger, since: 1 }, ...holder.holders];
    given1()
      .when({ ...verify, proof: { kind: 'holder', holders: both } })
      .thenHappens(verified);
  });

  test('which ends with the sessions of the account', () => {
    given(signedUp(link('A')), revoked('logout-all'))
      .when({ ...verify, proof: holder })
      .thenRefused('password_required');
    given(signedUp(link('A')), revoked('logout-all'))
      .when({ ...verify, proof: { kind: 'holder', holders: [{ userId, since: 2 }] } })
      .thenHappens(verified);
  });

  test('or a new password, which replaces the old one and ends all that was issued before', () => {
    given1()
      .when({ ...verify, proof: newPassword })
      .thenHappens(verified, passwordChanged('first', newPassword.passwordHash), revoked('password-changed'));
    const state = stateAfter(
      signedUp(link('A')),
      verified,
      passwordChanged('first', newPassword.passwordHash),
      revoked('password-changed'),
    );
    assert.equal(state.passwordHash, newPassword.passwordHash);
    assert.ok(state.allRevokedAt > 1);
  });

  test('and with a new password again is a repeat, with another one invalid', () => {
    const past = [
      signedUp(link('A')),
      verified,
      passwordChanged('first', newPassword.passwordHash),
      revoked('password-changed'),
    ];
    const again = { ...verify, owner: userId };
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
        .when({ ...verify, proof, now: afterNoon(HOUR) })
        .thenRefused('token_expired');
    }
  });
});

describe('an address that another account has proven', () => {
  const late = { ...verify, owner: stranger };

  test('cannot be verified again: the registration ends', () => {
    given(signedUp(link('A')))
      .when(late)
      .thenRefused('token_invalid', ...ended('superseded'));
  });

  test('cannot be verified again whatever comes with the link', () => {
    for (const proof of [NOTHING, newPassword, holder])
      given(signedUp(link('A')))
        .when({ ...late, proof })
        .thenRefused('token_invalid', ...ended('superseded'));
  });

  test('does not end a registration whose link is not shown', () => {
    given(signedUp(link('A')))
      .when({ ...late, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(signedUp(link('A')))
      .when({ ...late, now: afterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('is proven again by its own holder without harm', () => {
    given(signedUp(link('A')))
      .when({ ...verify, owner: userId })
      .thenHappens(verified);
  });
});

describe('a link', () => {
  test('is looked at as it is used: the same refusals, or none', () => {
    const open = stateAfter(signedUp(link('A')), resetRequested(true, link('R')));
    assert.equal(verificationRefusal(open, link('A').hash, noon), undefined);
    assert.equal(verificationRefusal(open, link('R').hash, noon), 'token_invalid');
    assert.equal(resetRefusal(open, link('R').hash, noon), undefined);
    assert.equal(resetRefusal(open, link('A').hash, noon), 'token_invalid');
    assert.equal(resetRefusal(open, link('R').hash, afterNoon(HOUR)), 'token_expired');
  });
});
