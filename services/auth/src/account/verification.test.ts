import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeLookupKeys } from './claims.ts';
import { decide } from './decide.ts';
import { checkPasswordResetLink, checkVerificationLink } from './link.ts';
import {
  accountVerifiedFact,
  adaAddress,
  adaId,
  createAccountDisabledFact,
  createAccountEnabledFact,
  createInstantAfterNoon,
  createPasswordChangedFact,
  createPasswordResetRequestedFact,
  createRegistrationEndedFacts,
  createSessionsRevokedFact,
  createTestLink,
  createUserRegisteredFact,
  createVerificationRequestedFact,
  firstPasswordHash,
  noon,
  strangerId,
} from './testing/ada.ts';
import { computeAccountStateAfterFacts, given } from './testing/given-when-then.ts';

const HOUR = 3_600_000;
const verify = {
  type: 'Verify',
  tokenHash: createTestLink('A').hash,
  now: noon,
  owner: undefined,
  proof: { kind: 'password', passwordHash: firstPasswordHash },
} as const;
/**
 * The proof of a person who has a session or a sign-up cookie of the account. It was issued when event 1, the
 * sign-up, was the account's last event.
 */
const holder = { kind: 'holder', holders: [{ userId: adaId, since: 1 }] } as const;
const NOTHING = { kind: 'holder', holders: [] } as const;
const newPassword = { kind: 'new-password', passwordHash: 'hash of a new password' } as const;

describe('a verification link', () => {
  test('verifies its account', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when(verify)
      .thenHappens(accountVerifiedFact);
  });

  test('takes the claim on the address', () => {
    const state = computeAccountStateAfterFacts(createUserRegisteredFact(createTestLink('A')));
    assert.deepEqual(computeLookupKeys(state, decide(state, verify).facts, noon), {
      claims: [`address:${adaAddress}`],
    });
  });

  test('works up to, but not at, the instant of its expiry', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...verify, now: createInstantAfterNoon(HOUR - 1) })
      .thenHappens(accountVerifiedFact);
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...verify, now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_expired');
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...verify, now: createInstantAfterNoon(HOUR + 1) })
      .thenRefused('token_expired');
  });

  test('of another token is invalid, also past the time of the right one', () => {
    const another = { ...verify, tokenHash: createTestLink('B').hash };
    given(createUserRegisteredFact(createTestLink('A')))
      .when(another)
      .thenRefused('token_invalid');
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...another, now: createInstantAfterNoon(2 * HOUR) })
      .thenRefused('token_invalid');
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...another, tokenHash: '' })
      .thenRefused('token_invalid');
  });

  test('is invalid if no link was created, or there is no account', () => {
    given(createUserRegisteredFact()).when(verify).thenRefused('token_invalid');
    given().when(verify).thenRefused('token_invalid');
  });

  test('is superseded by a newer one', () => {
    const past = [
      createUserRegisteredFact(createTestLink('A')),
      createVerificationRequestedFact(createTestLink('B')),
    ];
    given(...past)
      .when(verify)
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...verify, tokenHash: createTestLink('B').hash })
      .thenHappens(accountVerifiedFact);
  });

  test('is not superseded by a renewal that minted none', () => {
    given(createUserRegisteredFact(createTestLink('A')), createVerificationRequestedFact())
      .when(verify)
      .thenHappens(accountVerifiedFact);
  });

  test('that was used is no error the second time, also after its expiry and for other callers', () => {
    const past = [createUserRegisteredFact(createTestLink('A')), accountVerifiedFact];
    given(...past)
      .when({ ...verify, owner: adaId })
      .thenNothing();
    given(...past)
      .when({ ...verify, owner: adaId, now: createInstantAfterNoon(2 * HOUR) })
      .thenNothing();
    given(...past)
      .when({ ...verify, owner: adaId, proof: NOTHING })
      .thenNothing();
  });

  test('that was used stays known after a new password and after disabling', () => {
    const past = [createUserRegisteredFact(createTestLink('A')), accountVerifiedFact];
    given(...past, createPasswordChangedFact('change', 'new'), createSessionsRevokedFact('password-changed'))
      .when(verify)
      .thenNothing();
    given(...past, createAccountDisabledFact(), createSessionsRevokedFact('disabled'))
      .when(verify)
      .thenNothing();
  });

  test('that was superseded before another one was used stays invalid', () => {
    given(
      createUserRegisteredFact(createTestLink('A')),
      createVerificationRequestedFact(createTestLink('B')),
      accountVerifiedFact,
    )
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies with the registration', () => {
    given(createUserRegisteredFact(createTestLink('A')), ...createRegistrationEndedFacts('rejected'))
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies when its account is disabled, and does not come back when it is enabled', () => {
    const past = [
      createUserRegisteredFact(createTestLink('A')),
      createAccountDisabledFact(),
      createSessionsRevokedFact('disabled'),
    ];
    given(...past)
      .when(verify)
      .thenRefused('token_invalid');
    given(...past, createAccountEnabledFact())
      .when(verify)
      .thenRefused('token_invalid');
  });

  test('dies when a reset has verified the account', () => {
    given(
      createUserRegisteredFact(createTestLink('A')),
      createPasswordResetRequestedFact(true, createTestLink('R')),
      createPasswordChangedFact('first', 'new'),
      accountVerifiedFact,
    )
      .when({ ...verify, owner: adaId })
      .thenRefused('token_invalid');
  });

  test('is not opened by the token of a reset link', () => {
    given(
      createUserRegisteredFact(createTestLink('A')),
      createPasswordResetRequestedFact(true, createTestLink('R')),
    )
      .when({ ...verify, tokenHash: createTestLink('R').hash })
      .thenRefused('token_invalid');
  });
});

describe('a verification link needs, in the same step,', () => {
  function given1() {
    return given(createUserRegisteredFact(createTestLink('A')));
  }

  test('more than the link alone', () => {
    given1()
      .when({ ...verify, proof: NOTHING })
      .thenRefused('password_required');
  });

  test('the complete password of its own sign-up', () => {
    given1().when(verify).thenHappens(accountVerifiedFact);
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
      .thenHappens(accountVerifiedFact);
    given1()
      .when({ ...verify, proof: { kind: 'holder', holders: [{ userId: strangerId, since: 9 }] } })
      .thenRefused('password_required');
    const both = [{ userId: strangerId, since: 1 }, ...holder.holders];
    given1()
      .when({ ...verify, proof: { kind: 'holder', holders: both } })
      .thenHappens(accountVerifiedFact);
  });

  test('from after the last revocation of sessions', () => {
    given(createUserRegisteredFact(createTestLink('A')), createSessionsRevokedFact('logout-all'))
      .when({ ...verify, proof: holder })
      .thenRefused('password_required');
    given(createUserRegisteredFact(createTestLink('A')), createSessionsRevokedFact('logout-all'))
      .when({ ...verify, proof: { kind: 'holder', holders: [{ userId: adaId, since: 2 }] } })
      .thenHappens(accountVerifiedFact);
  });

  test('or a new password, which replaces the old one and ends all that was issued before', () => {
    given1()
      .when({ ...verify, proof: newPassword })
      .thenHappens(
        accountVerifiedFact,
        createPasswordChangedFact('first', newPassword.passwordHash),
        createSessionsRevokedFact('password-changed'),
      );
    const state = computeAccountStateAfterFacts(
      createUserRegisteredFact(createTestLink('A')),
      accountVerifiedFact,
      createPasswordChangedFact('first', newPassword.passwordHash),
      createSessionsRevokedFact('password-changed'),
    );
    assert.equal(state.passwordHash, newPassword.passwordHash);
    assert.ok(state.allRevokedAt > 1);
  });

  test('and repeating it with the same new password does nothing, while a different one is invalid', () => {
    const past = [
      createUserRegisteredFact(createTestLink('A')),
      accountVerifiedFact,
      createPasswordChangedFact('first', newPassword.passwordHash),
      createSessionsRevokedFact('password-changed'),
    ];
    const again = { ...verify, owner: adaId };
    given(...past)
      .when({ ...again, proof: newPassword })
      .thenNothing();
    given(...past)
      .when({ ...again, proof: { ...newPassword, passwordHash: 'hash of another' } })
      .thenRefused('token_invalid');
  });

  test('and reports a bad token first', () => {
    for (const proof of [NOTHING, newPassword, holder, verify.proof]) {
      given1()
        .when({ ...verify, proof, tokenHash: 'other' })
        .thenRefused('token_invalid');
      given1()
        .when({ ...verify, proof, now: createInstantAfterNoon(HOUR) })
        .thenRefused('token_expired');
    }
  });
});

describe('an address that another account has verified', () => {
  const late = { ...verify, owner: strangerId };

  test('cannot be verified again: the registration ends', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when(late)
      .thenRefused('token_invalid', ...createRegistrationEndedFacts('superseded'));
  });

  test('cannot be verified again whatever comes with the link', () => {
    for (const proof of [NOTHING, newPassword, holder])
      given(createUserRegisteredFact(createTestLink('A')))
        .when({ ...late, proof })
        .thenRefused('token_invalid', ...createRegistrationEndedFacts('superseded'));
  });

  test('does not end a registration whose link is not shown', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...late, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...late, now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('can be verified again by its own account without effect', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...verify, owner: adaId })
      .thenHappens(accountVerifiedFact);
  });
});

describe('a link', () => {
  test('is refused for the same reasons when it is opened as when it is used', () => {
    const open = computeAccountStateAfterFacts(
      createUserRegisteredFact(createTestLink('A')),
      createPasswordResetRequestedFact(true, createTestLink('R')),
    );
    assert.equal(checkVerificationLink(open, createTestLink('A').hash, noon), undefined);
    assert.equal(checkVerificationLink(open, createTestLink('R').hash, noon), 'token_invalid');
    assert.equal(checkPasswordResetLink(open, createTestLink('R').hash, noon), undefined);
    assert.equal(checkPasswordResetLink(open, createTestLink('A').hash, noon), 'token_invalid');
    assert.equal(
      checkPasswordResetLink(open, createTestLink('R').hash, createInstantAfterNoon(HOUR)),
      'token_expired',
    );
  });
});
