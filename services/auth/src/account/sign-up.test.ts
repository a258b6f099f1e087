import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decide, keysOf } from './decide.ts';
import { initialState } from './state.ts';
import {
  address,
  afterNoon,
  disabled,
  ended,
  link,
  noon,
  register,
  renewed,
  resetRequested,
  signedUp,
  stranger,
  userId,
  verified,
} from './testing/ada.ts';
import { given, stateAfter } from './testing/given-when-then.ts';

const HOUR = 3_600_000;

describe('a sign-up', () => {
  test('makes an unverified account with a link', () => {
    given()
      .when(register)
      .thenHappens(signedUp(link('A')));
  });

  test('keeps the names that were given, and no others', () => {
    const { facts } = decide(initialState, { ...register, firstName: 'Ada', lastName: 'Lovelace' });
    assert.deepEqual(facts[0]?.type === 'UserRegistered' && facts[0].data.person, {
      email: 'Ada@example.com',
      username: 'ada',
      firstName: 'Ada',
      lastName: 'Lovelace',
    });
  });

  test('for an address that is taken gets the same event, with the link left out', () => {
    given()
      .when({ ...register, owner: stranger })
      .thenHappens(signedUp());
  });

  test('makes a user, never an admin', () => {
    assert.equal(stateAfter(signedUp(link('A'))).role, 'user');
  });

  test('takes no claim on its address', () => {
    assert.deepEqual(keysOf(initialState, decide(initialState, register).facts, noon), { address });
  });

  test('is refused on an id that is in use, whatever became of it', () => {
    given(signedUp(link('A')))
      .when(register)
      .thenRefused('conflict');
    given(signedUp(link('A')), verified)
      .when(register)
      .thenRefused('conflict');
    given(signedUp(link('A')), ...ended('expired'))
      .when(register)
      .thenRefused('conflict');
  });
});

describe('renewing a verification link', () => {
  const renew = { type: 'RenewVerification', link: link('B'), owner: undefined } as const;

  test('mints a newer one', () => {
    given(signedUp(link('A')))
      .when(renew)
      .thenHappens(renewed(link('B')));
  });

  test('over the mail budget does nothing as long as a link works, or would', () => {
    for (const [past, owner] of [
      [signedUp(link('A')), undefined],
      [signedUp(), stranger],
    ] as const) {
      given(past)
        .when({ ...renew, owner, unlessUsableAt: afterNoon(HOUR - 1) })
        .thenNothing();
      given(past)
        .when({ ...renew, owner, unlessUsableAt: afterNoon(HOUR) })
        .thenHappens(renewed(owner === undefined ? link('B') : undefined));
    }
  });

  test('gives an account whose address is taken the same event, with the link left out', () => {
    given(signedUp())
      .when({ ...renew, owner: stranger })
      .thenHappens(renewed());
  });

  test('does nothing for one that is verified, disabled, ended or unknown', () => {
    given(signedUp(link('A')), verified)
      .when({ ...renew, owner: userId })
      .thenNothing();
    given(signedUp(link('A')), disabled())
      .when(renew)
      .thenNothing();
    given(signedUp(link('A')), ...ended('rejected'))
      .when(renew)
      .thenNothing();
    given().when(renew).thenNothing();
  });
});

describe('ending a registration', () => {
  const expire = { type: 'EndRegistration', reason: 'expired', owner: undefined } as const;
  const supersede = { type: 'EndRegistration', reason: 'superseded', owner: stranger } as const;

  test('because its time is over ends its sessions too', () => {
    given(signedUp(link('A')))
      .when(expire)
      .thenHappens(...ended('expired'));
  });

  test('because its time is over needs no link and no other owner', () => {
    given(signedUp())
      .when(expire)
      .thenHappens(...ended('expired'));
    given(signedUp())
      .when({ ...expire, owner: stranger })
      .thenHappens(...ended('expired'));
  });

  test('because another has proven the address ends those that ever had a link', () => {
    given(signedUp(link('A')))
      .when(supersede)
      .thenHappens(...ended('superseded'));
    given(signedUp(), renewed(link('B')))
      .when(supersede)
      .thenHappens(...ended('superseded'));
    given(signedUp(), resetRequested(true, link('R')))
      .when(supersede)
      .thenHappens(...ended('superseded'));
  });

  test('because another has proven the address remembers a link that is dead by now', () => {
    given(signedUp(link('A')), disabled())
      .when(supersede)
      .thenHappens(...ended('superseded'));
  });

  test('leaves one that never had a link to expire', () => {
    given(signedUp()).when(supersede).thenNothing();
    given(signedUp(), renewed()).when(supersede).thenNothing();
  });

  test('is not superseded by nobody, nor by itself', () => {
    given(signedUp(link('A')))
      .when({ ...supersede, owner: undefined })
      .thenNothing();
    given(signedUp(link('A')))
      .when({ ...supersede, owner: userId })
      .thenNothing();
  });

  test('never ends a verified account, nor an ended one again', () => {
    for (const command of [expire, supersede]) {
      given(signedUp(link('A')), verified)
        .when(command)
        .thenNothing();
      given(signedUp(link('A')), ...ended('rejected'))
        .when(command)
        .thenNothing();
      given().when(command).thenNothing();
    }
  });
});

describe('the claim on an address', () => {
  const state = stateAfter(signedUp(link('A')));

  test('is taken by AccountVerified alone', () => {
    assert.deepEqual(keysOf(state, [verified], noon), { claims: [`address:${address}`] });
    assert.deepEqual(keysOf(state, [renewed(link('B'))], noon), {});
    assert.deepEqual(keysOf(state, ended('rejected'), noon), { eraseAt: '2026-03-08T12:00:00.000Z' });
  });
});
