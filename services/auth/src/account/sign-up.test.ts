import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lookupKeysOf } from './claims.ts';
import { decide } from './decide.ts';
import { initialState } from './state.ts';
import {
  accountDisabled,
  accountVerified,
  adaAddress,
  adaId,
  linkNamed,
  msAfterNoon,
  noon,
  passwordResetRequested,
  registerAdaCommand,
  registrationEnded,
  strangerId,
  userRegistered,
  verificationRequested,
} from './testing/ada.ts';
import { given, stateAfter } from './testing/given-when-then.ts';

const HOUR = 3_600_000;

describe('a sign-up', () => {
  test('makes an unverified account with a link', () => {
    given()
      .when(registerAdaCommand)
      .thenHappens(userRegistered(linkNamed('A')));
  });

  test('keeps the names that were given, and no others', () => {
    const { facts } = decide(initialState, { ...registerAdaCommand, firstName: 'Ada', lastName: 'Lovelace' });
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
      .thenHappens(userRegistered());
  });

  test('makes a user, never an admin', () => {
    assert.equal(stateAfter(userRegistered(linkNamed('A'))).role, 'user');
  });

  test('takes no claim on its address', () => {
    assert.deepEqual(lookupKeysOf(initialState, decide(initialState, registerAdaCommand).facts, noon), {
      address: adaAddress,
    });
  });

  test('is refused on an id that is in use, whatever became of it', () => {
    given(userRegistered(linkNamed('A')))
      .when(registerAdaCommand)
      .thenRefused('conflict');
    given(userRegistered(linkNamed('A')), accountVerified)
      .when(registerAdaCommand)
      .thenRefused('conflict');
    given(userRegistered(linkNamed('A')), ...registrationEnded('expired'))
      .when(registerAdaCommand)
      .thenRefused('conflict');
  });
});

describe('renewing a verification link', () => {
  const renew = { type: 'RenewVerification', link: linkNamed('B'), owner: undefined } as const;

  test('mints a newer one', () => {
    given(userRegistered(linkNamed('A')))
      .when(renew)
      .thenHappens(verificationRequested(linkNamed('B')));
  });

  test('over the mail budget does nothing as long as a link works, or would', () => {
    for (const [past, owner] of [
      [userRegistered(linkNamed('A')), undefined],
      [userRegistered(), strangerId],
    ] as const) {
      given(past)
        .when({ ...renew, owner, unlessUsableAt: msAfterNoon(HOUR - 1) })
        .thenNothing();
      given(past)
        .when({ ...renew, owner, unlessUsableAt: msAfterNoon(HOUR) })
        .thenHappens(verificationRequested(owner === undefined ? linkNamed('B') : undefined));
    }
  });

  test('gives an account whose address is taken the same event, with the link left out', () => {
    given(userRegistered())
      .when({ ...renew, owner: strangerId })
      .thenHappens(verificationRequested());
  });

  test('does nothing for one that is verified, disabled, ended or unknown', () => {
    given(userRegistered(linkNamed('A')), accountVerified)
      .when({ ...renew, owner: adaId })
      .thenNothing();
    given(userRegistered(linkNamed('A')), accountDisabled())
      .when(renew)
      .thenNothing();
    given(userRegistered(linkNamed('A')), ...registrationEnded('rejected'))
      .when(renew)
      .thenNothing();
    given().when(renew).thenNothing();
  });
});

describe('ending a registration', () => {
  const expire = { type: 'EndRegistration', reason: 'expired', owner: undefined } as const;
  const supersede = { type: 'EndRegistration', reason: 'superseded', owner: strangerId } as const;

  test('because its time is over ends its sessions too', () => {
    given(userRegistered(linkNamed('A')))
      .when(expire)
      .thenHappens(...registrationEnded('expired'));
  });

  test('because its time is over needs no link and no other owner', () => {
    given(userRegistered())
      .when(expire)
      .thenHappens(...registrationEnded('expired'));
    given(userRegistered())
      .when({ ...expire, owner: strangerId })
      .thenHappens(...registrationEnded('expired'));
  });

  test('because another has proven the address ends those that ever had a link', () => {
    given(userRegistered(linkNamed('A')))
      .when(supersede)
      .thenHappens(...registrationEnded('superseded'));
    given(userRegistered(), verificationRequested(linkNamed('B')))
      .when(supersede)
      .thenHappens(...registrationEnded('superseded'));
    given(userRegistered(), passwordResetRequested(true, linkNamed('R')))
      .when(supersede)
      .thenHappens(...registrationEnded('superseded'));
  });

  test('because another has proven the address remembers a link that is dead by now', () => {
    given(userRegistered(linkNamed('A')), accountDisabled())
      .when(supersede)
      .thenHappens(...registrationEnded('superseded'));
  });

  test('leaves one that never had a link to expire', () => {
    given(userRegistered()).when(supersede).thenNothing();
    given(userRegistered(), verificationRequested()).when(supersede).thenNothing();
  });

  test('is not superseded by nobody, nor by itself', () => {
    given(userRegistered(linkNamed('A')))
      .when({ ...supersede, owner: undefined })
      .thenNothing();
    given(userRegistered(linkNamed('A')))
      .when({ ...supersede, owner: adaId })
      .thenNothing();
  });

  test('never ends a verified account, nor an ended one again', () => {
    for (const command of [expire, supersede]) {
      given(userRegistered(linkNamed('A')), accountVerified)
        .when(command)
        .thenNothing();
      given(userRegistered(linkNamed('A')), ...registrationEnded('rejected'))
        .when(command)
        .thenNothing();
      given().when(command).thenNothing();
    }
  });
});

describe('the claim on an address', () => {
  const state = stateAfter(userRegistered(linkNamed('A')));

  test('is taken by AccountVerified alone', () => {
    assert.deepEqual(lookupKeysOf(state, [accountVerified], noon), { claims: [`address:${adaAddress}`] });
    assert.deepEqual(lookupKeysOf(state, [verificationRequested(linkNamed('B'))], noon), {});
    assert.deepEqual(lookupKeysOf(state, registrationEnded('rejected'), noon), {
      eraseAt: '2026-03-08T12:00:00.000Z',
    });
  });
});
