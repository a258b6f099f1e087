import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeLookupKeys } from './claims.ts';
import { decide } from './decide.ts';
import {
  accountVerifiedFact,
  adaAddress,
  adaId,
  createAccountDisabledFact,
  createAccountEnabledFact,
  createInstantAfterNoon,
  createPasswordChangedFact,
  createPasswordRehashedFact,
  createPasswordResetRequestedFact,
  createRegistrationEndedFacts,
  createSessionsRevokedFact,
  createTestLink,
  createUserRegisteredFact,
  firstPasswordHash,
  noon,
  strangerId,
} from './testing/ada.ts';
import {
  computeAccountStateAfterFacts,
  computeVerifiedAccountAfterFacts,
  given,
} from './testing/given-when-then.ts';

const HOUR = 3_600_000;
const unverified = [createUserRegisteredFact(createTestLink('A'))] as const;
const proven = [createUserRegisteredFact(createTestLink('A')), accountVerifiedFact] as const;

describe('asking for a reset', () => {
  const ask = {
    type: 'RequestPasswordReset',
    address: adaAddress,
    link: createTestLink('R'),
    owner: undefined,
  } as const;

  test('mints a link for a verified account', () => {
    given(...proven)
      .when({ ...ask, owner: adaId })
      .thenHappens(createPasswordResetRequestedFact(false, createTestLink('R')));
  });

  test('mints a link that also verifies, for an unverified one', () => {
    given(...unverified)
      .when(ask)
      .thenHappens(createPasswordResetRequestedFact(true, createTestLink('R')));
  });

  test('mints none for an unverified account whose address belongs to another account', () => {
    given(...unverified)
      .when({ ...ask, owner: strangerId })
      .thenHappens(createPasswordResetRequestedFact(true));
  });

  test('over the mail budget does nothing as long as a link works, and mints one afterwards', () => {
    const another = { ...ask, link: createTestLink('S') };
    for (const past of [
      unverified,
      [...proven, createPasswordResetRequestedFact(false, createTestLink('R'))],
    ]) {
      const owner = past === unverified ? undefined : adaId;
      given(...past)
        .when({ ...another, owner, unlessUsableAt: createInstantAfterNoon(HOUR - 1) })
        .thenNothing();
      given(...past)
        .when({ ...another, owner, unlessUsableAt: createInstantAfterNoon(HOUR) })
        .thenHappens(createPasswordResetRequestedFact(past === unverified, createTestLink('S')));
    }
  });

  test('over the mail budget mints one if no link was requested before, or the last one was used', () => {
    const again = { ...ask, owner: adaId, link: createTestLink('S'), unlessUsableAt: noon };
    given(...proven)
      .when(again)
      .thenHappens(createPasswordResetRequestedFact(false, createTestLink('S')));
    given(
      ...proven,
      createPasswordResetRequestedFact(false, createTestLink('R')),
      createPasswordChangedFact('reset', 'new'),
    )
      .when(again)
      .thenHappens(createPasswordResetRequestedFact(false, createTestLink('S')));
  });

  test('over the mail budget behaves the same if the link is withheld', () => {
    given(createUserRegisteredFact())
      .when({ ...ask, owner: strangerId, unlessUsableAt: createInstantAfterNoon(HOUR - 1) })
      .thenNothing();
    given(createUserRegisteredFact())
      .when({ ...ask, owner: strangerId, unlessUsableAt: createInstantAfterNoon(HOUR) })
      .thenHappens(createPasswordResetRequestedFact(true));
  });

  test('does nothing for a disabled, ended or unknown account', () => {
    given(...proven, createAccountDisabledFact())
      .when({ ...ask, owner: adaId })
      .thenNothing();
    given(...unverified, createAccountDisabledFact())
      .when(ask)
      .thenNothing();
    given(...unverified, ...createRegistrationEndedFacts('expired'))
      .when(ask)
      .thenNothing();
    given().when(ask).thenNothing();
  });

  test('works again once the account is enabled', () => {
    given(...proven, createAccountDisabledFact(), createAccountEnabledFact())
      .when(ask)
      .thenHappens(createPasswordResetRequestedFact(false, createTestLink('R')));
  });
});

const complete = {
  type: 'CompleteReset',
  tokenHash: createTestLink('R').hash,
  now: noon,
  owner: undefined,
  passwordHash: 'new',
} as const;

describe('a reset link of a verified account', () => {
  const past = [...proven, createPasswordResetRequestedFact(false, createTestLink('R'))];
  const use = { ...complete, owner: adaId };

  test('sets the password and ends the sessions in the same commit', () => {
    given(...past)
      .when(use)
      .thenHappens(createPasswordChangedFact('reset', 'new'), createSessionsRevokedFact('password-changed'));
  });

  test('works up to, but not at, the instant of its expiry', () => {
    given(...past)
      .when({ ...use, now: createInstantAfterNoon(HOUR - 1) })
      .thenHappens(createPasswordChangedFact('reset', 'new'), createSessionsRevokedFact('password-changed'));
    given(...past)
      .when({ ...use, now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('works once', () => {
    const [changed, ended] = [
      createPasswordChangedFact('reset', 'new'),
      createSessionsRevokedFact('password-changed'),
    ];
    given(...past, changed, ended)
      .when(use)
      .thenRefused('token_invalid');
    given(...past, changed, ended)
      .when({ ...use, now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_invalid');
  });

  test('is superseded by a newer one', () => {
    const again = [...past, createPasswordResetRequestedFact(false, createTestLink('S'))];
    given(...again)
      .when(use)
      .thenRefused('token_invalid');
    given(...again)
      .when({ ...use, tokenHash: createTestLink('S').hash })
      .thenHappens(createPasswordChangedFact('reset', 'new'), createSessionsRevokedFact('password-changed'));
  });

  test('dies when the password is changed, and when the account is disabled', () => {
    given(...past, createPasswordChangedFact('change', 'newer'))
      .when(use)
      .thenRefused('token_invalid');
    given(...past, createAccountDisabledFact())
      .when(use)
      .thenRefused('token_invalid');
    given(...past, createAccountDisabledFact(), createAccountEnabledFact())
      .when(use)
      .thenRefused('token_invalid');
  });

  test('is not opened by the token of the verification link, nor by any other', () => {
    given(...past)
      .when({ ...use, tokenHash: createTestLink('A').hash })
      .thenRefused('token_invalid');
    given(...proven)
      .when(use)
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...use, tokenHash: 'other', now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_invalid');
  });

  test('does not verify a second time', () => {
    const requestedBefore = [
      createUserRegisteredFact(createTestLink('A')),
      createPasswordResetRequestedFact(true, createTestLink('R')),
      accountVerifiedFact,
    ];
    given(...requestedBefore)
      .when(use)
      .thenHappens(createPasswordChangedFact('reset', 'new'), createSessionsRevokedFact('password-changed'));
  });
});

describe('a reset link of an unverified account', () => {
  const past = [...unverified, createPasswordResetRequestedFact(true, createTestLink('R'))];

  test('verifies the account, sets the first password and ends the sessions', () => {
    given(...past)
      .when(complete)
      .thenHappens(
        createPasswordChangedFact('first', 'new'),
        accountVerifiedFact,
        createSessionsRevokedFact('password-changed'),
      );
  });

  test('takes the claim on the address', () => {
    const state = computeAccountStateAfterFacts(...past);
    assert.deepEqual(computeLookupKeys(state, decide(state, complete).facts, noon), {
      claims: [`address:${adaAddress}`],
    });
  });

  test('ends the registration if another account has verified the address', () => {
    given(...past)
      .when({ ...complete, owner: strangerId })
      .thenRefused('token_invalid', ...createRegistrationEndedFacts('superseded'));
  });

  test('that is wrong ends nothing, even if another account has verified the address', () => {
    const late = { ...complete, owner: strangerId };
    given(...past)
      .when({ ...late, tokenHash: 'other' })
      .thenRefused('token_invalid');
    given(...past)
      .when({ ...late, now: createInstantAfterNoon(HOUR) })
      .thenRefused('token_expired');
  });

  test('stays valid after a request that created no link', () => {
    given(...past, createPasswordResetRequestedFact(true))
      .when(complete)
      .thenHappens(
        createPasswordChangedFact('first', 'new'),
        accountVerifiedFact,
        createSessionsRevokedFact('password-changed'),
      );
  });

  test('dies with the registration', () => {
    given(...past, ...createRegistrationEndedFacts('rejected'))
      .when(complete)
      .thenRefused('token_invalid');
  });
});

describe('rehashing the password', () => {
  const rehash = { type: 'RehashPassword', checkedHash: firstPasswordHash, passwordHash: 'renewed' } as const;

  test('replaces the stored hash alone: sessions and links remain', () => {
    given(...unverified)
      .when(rehash)
      .thenHappens(createPasswordRehashedFact('renewed'));
    const { passwordHash, reset, revokedAt } = computeVerifiedAccountAfterFacts(
      ...proven,
      createPasswordResetRequestedFact(false, createTestLink('R')),
      createPasswordRehashedFact('renewed'),
    );
    assert.equal(passwordHash, 'renewed');
    assert.equal(reset?.hash, createTestLink('R').hash);
    assert.equal(revokedAt, 0);
  });

  test('does nothing if the account has a different password by now', () => {
    given(...proven, createPasswordChangedFact('change', 'newer'))
      .when(rehash)
      .thenNothing();
  });

  test('does nothing a second time, for an ended account, and for one that does not exist', () => {
    given(...proven, createPasswordRehashedFact('renewed'))
      .when({ ...rehash, checkedHash: 'renewed' })
      .thenNothing();
    given(...unverified, ...createRegistrationEndedFacts('expired'))
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
      .thenHappens(createPasswordChangedFact('change', 'new'), createSessionsRevokedFact('password-changed'));
  });

  test('is refused unless the current password is given', () => {
    given(...proven, createPasswordChangedFact('reset', 'newer'))
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
    given(...unverified, ...createRegistrationEndedFacts('expired'))
      .when(change)
      .thenRefused('account_not_verified');
    given()
      .when({ ...change, checkedHash: '' })
      .thenRefused('account_not_verified');
  });

  test('ends every open link', () => {
    const { reset, usedVerification } = computeVerifiedAccountAfterFacts(
      ...proven,
      createPasswordResetRequestedFact(false, createTestLink('R')),
      createPasswordChangedFact('change', 'new'),
    );
    assert.equal(reset, undefined);
    assert.equal(usedVerification?.hash, createTestLink('A').hash);
  });
});
