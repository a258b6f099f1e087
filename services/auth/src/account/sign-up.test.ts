import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeLookupKeys } from './claims.ts';
import { decide } from './decide.ts';
import { initialAccountState } from './state.ts';
import {
  accountVerifiedFact,
  adaAddress,
  adaId,
  createAccountDisabledFact,
  createInstantAfterNoon,
  createPasswordResetRequestedFact,
  createRegistrationEndedFacts,
  createTestLink,
  createUserRegisteredFact,
  createVerificationRequestedFact,
  noon,
  registerAdaCommand,
  strangerId,
} from './testing/ada.ts';
import { computeAccountStateAfterFacts, given } from './testing/given-when-then.ts';

const HOUR = 3_600_000;

describe('a sign-up', () => {
  test('makes an unverified account with a link', () => {
    given()
      .when(registerAdaCommand)
      .thenHappens(createUserRegisteredFact(createTestLink('A')));
  });

  test('keeps the names that were given, and no others', () => {
    const { facts } = decide(initialAccountState, {
      ...registerAdaCommand,
      firstName: 'Ada',
      lastName: 'Lovelace',
    });
    assert.deepEqual(facts[0]?.type === 'UserRegistered' && facts[0].data.person, {
      email: 'Ada@example.com',
      username: 'ada',
      firstName: 'Ada',
      lastName: 'Lovelace',
    });
  });

  test('for an address that is taken gets the same event, with the link left out', () => {
    given()
      .when({ ...registerAdaCommand, owner: strangerId })
      .thenHappens(createUserRegisteredFact());
  });

  test('makes a user, never an admin', () => {
    assert.equal(computeAccountStateAfterFacts(createUserRegisteredFact(createTestLink('A'))).role, 'user');
  });

  test('takes no claim on its address', () => {
    assert.deepEqual(
      computeLookupKeys(initialAccountState, decide(initialAccountState, registerAdaCommand).facts, noon),
      {
        address: adaAddress,
      },
    );
  });

  test('is refused on an id that is in use, whatever became of it', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when(registerAdaCommand)
      .thenRefused('conflict');
    given(createUserRegisteredFact(createTestLink('A')), accountVerifiedFact)
      .when(registerAdaCommand)
      .thenRefused('conflict');
    given(createUserRegisteredFact(createTestLink('A')), ...createRegistrationEndedFacts('expired'))
      .when(registerAdaCommand)
      .thenRefused('conflict');
  });
});

describe('renewing a verification link', () => {
  const renew = { type: 'RenewVerification', link: createTestLink('B'), owner: undefined } as const;

  test('mints a newer one', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when(renew)
      .thenHappens(createVerificationRequestedFact(createTestLink('B')));
  });

  test('over the mail budget does nothing as long as a link works, or would work if it were not withheld', () => {
    for (const [past, owner] of [
      [createUserRegisteredFact(createTestLink('A')), undefined],
      [createUserRegisteredFact(), strangerId],
    ] as const) {
      given(past)
        .when({ ...renew, owner, unlessUsableAt: createInstantAfterNoon(HOUR - 1) })
        .thenNothing();
      given(past)
        .when({ ...renew, owner, unlessUsableAt: createInstantAfterNoon(HOUR) })
        .thenHappens(createVerificationRequestedFact(owner === undefined ? createTestLink('B') : undefined));
    }
  });

  test('gives an account whose address is taken the same event, with the link left out', () => {
    given(createUserRegisteredFact())
      .when({ ...renew, owner: strangerId })
      .thenHappens(createVerificationRequestedFact());
  });

  test('does nothing for one that is verified, disabled, ended or unknown', () => {
    given(createUserRegisteredFact(createTestLink('A')), accountVerifiedFact)
      .when({ ...renew, owner: adaId })
      .thenNothing();
    given(createUserRegisteredFact(createTestLink('A')), createAccountDisabledFact())
      .when(renew)
      .thenNothing();
    given(createUserRegisteredFact(createTestLink('A')), ...createRegistrationEndedFacts('rejected'))
      .when(renew)
      .thenNothing();
    given().when(renew).thenNothing();
  });
});

describe('ending a registration', () => {
  const expire = { type: 'EndRegistration', reason: 'expired', owner: undefined } as const;
  const supersede = { type: 'EndRegistration', reason: 'superseded', owner: strangerId } as const;

  test('because its time is over ends its sessions too', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when(expire)
      .thenHappens(...createRegistrationEndedFacts('expired'));
  });

  test('because its time is over needs no link and no other owner', () => {
    given(createUserRegisteredFact())
      .when(expire)
      .thenHappens(...createRegistrationEndedFacts('expired'));
    given(createUserRegisteredFact())
      .when({ ...expire, owner: strangerId })
      .thenHappens(...createRegistrationEndedFacts('expired'));
  });

  test('because another account has verified the address ends those that ever had a link', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when(supersede)
      .thenHappens(...createRegistrationEndedFacts('superseded'));
    given(createUserRegisteredFact(), createVerificationRequestedFact(createTestLink('B')))
      .when(supersede)
      .thenHappens(...createRegistrationEndedFacts('superseded'));
    given(createUserRegisteredFact(), createPasswordResetRequestedFact(true, createTestLink('R')))
      .when(supersede)
      .thenHappens(...createRegistrationEndedFacts('superseded'));
  });

  test('because another account has verified the address includes those whose link no longer works', () => {
    given(createUserRegisteredFact(createTestLink('A')), createAccountDisabledFact())
      .when(supersede)
      .thenHappens(...createRegistrationEndedFacts('superseded'));
  });

  test('leaves one that never had a link to expire', () => {
    given(createUserRegisteredFact()).when(supersede).thenNothing();
    given(createUserRegisteredFact(), createVerificationRequestedFact()).when(supersede).thenNothing();
  });

  test('needs another account that supersedes it', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...supersede, owner: undefined })
      .thenNothing();
    given(createUserRegisteredFact(createTestLink('A')))
      .when({ ...supersede, owner: adaId })
      .thenNothing();
  });

  test('never ends a verified account, nor an ended one again', () => {
    for (const command of [expire, supersede]) {
      given(createUserRegisteredFact(createTestLink('A')), accountVerifiedFact)
        .when(command)
        .thenNothing();
      given(createUserRegisteredFact(createTestLink('A')), ...createRegistrationEndedFacts('rejected'))
        .when(command)
        .thenNothing();
      given().when(command).thenNothing();
    }
  });
});

describe('the claim on an address', () => {
  const state = computeAccountStateAfterFacts(createUserRegisteredFact(createTestLink('A')));

  test('is taken by AccountVerified alone', () => {
    assert.deepEqual(computeLookupKeys(state, [accountVerifiedFact], noon), {
      claims: [`address:${adaAddress}`],
    });
    assert.deepEqual(
      computeLookupKeys(state, [createVerificationRequestedFact(createTestLink('B'))], noon),
      {},
    );
    assert.deepEqual(computeLookupKeys(state, createRegistrationEndedFacts('rejected'), noon), {
      eraseAt: '2026-03-08T12:00:00.000Z',
    });
  });
});
