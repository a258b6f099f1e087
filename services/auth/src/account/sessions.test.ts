import { describe, test } from 'node:test';
import {
  accountVerifiedFact,
  createAccountDisabledFact,
  createRegistrationEndedFacts,
  createSessionsRevokedFact,
  createTestLink,
  createUserRegisteredFact,
} from './testing/ada.ts';
import { given } from './testing/given-when-then.ts';

describe('revoking sessions', () => {
  test('appends an event with the reason, whether or not the account is verified', () => {
    for (const reason of ['logout-all', 'refresh-reuse', 'admin'] as const) {
      const revoke = { type: 'RevokeSessions', reason } as const;
      given(createUserRegisteredFact(createTestLink('A')))
        .when(revoke)
        .thenHappens(createSessionsRevokedFact(reason, undefined, { isTold: false }));
      given(createUserRegisteredFact(createTestLink('A')), accountVerifiedFact)
        .when(revoke)
        .thenHappens(createSessionsRevokedFact(reason));
    }
  });

  test('by everywhere-logout happens each time: there may be new sessions', () => {
    given(createUserRegisteredFact(createTestLink('A')), createSessionsRevokedFact('logout-all'))
      .when({ type: 'RevokeSessions', reason: 'logout-all' })
      .thenHappens(createSessionsRevokedFact('logout-all'));
  });

  test('works on a disabled account', () => {
    given(createUserRegisteredFact(createTestLink('A')), createAccountDisabledFact())
      .when({ type: 'RevokeSessions', reason: 'admin' })
      .thenHappens(createSessionsRevokedFact('admin'));
  });

  test('of an account that has ended or never existed does nothing', () => {
    given().when({ type: 'RevokeSessions', reason: 'logout-all' }).thenNothing();
    given(createUserRegisteredFact(createTestLink('A')), ...createRegistrationEndedFacts('expired'))
      .when({ type: 'RevokeSessions', reason: 'logout-all' })
      .thenNothing();
  });
});

describe('the reuse of a refresh token', () => {
  test('is reported to the owner of a verified account, unless the limit of notices is reached', () => {
    given(createUserRegisteredFact(createTestLink('A')), accountVerifiedFact)
      .when({ type: 'RevokeSessions', reason: 'refresh-reuse', notifies: true })
      .thenHappens(createSessionsRevokedFact('refresh-reuse'));
    given(createUserRegisteredFact(createTestLink('A')), accountVerifiedFact)
      .when({ type: 'RevokeSessions', reason: 'refresh-reuse', notifies: false })
      .thenHappens(createSessionsRevokedFact('refresh-reuse', undefined, { isTold: false }));
  });

  function reuse(since: number) {
    return { type: 'RevokeSessions', reason: 'refresh-reuse', since } as const;
  }
  // The history of an account, in which the fact with sequence 3 revoked all sessions.
  const past = [
    createUserRegisteredFact(createTestLink('A')),
    accountVerifiedFact,
    createSessionsRevokedFact('logout-all'),
  ] as const;

  test('ends all sessions if its own session began at the last revocation or later', () => {
    given(...past)
      .when(reuse(3))
      .thenHappens(createSessionsRevokedFact('refresh-reuse'));
    given(...past)
      .when(reuse(4))
      .thenHappens(createSessionsRevokedFact('refresh-reuse'));
  });

  test('ends nothing if its own session is already revoked', () => {
    given(...past)
      .when(reuse(2))
      .thenNothing();
    given(...past)
      .when(reuse(0))
      .thenNothing();
  });

  test('ends nothing a second time', () => {
    given(...past, createSessionsRevokedFact('refresh-reuse'))
      .when(reuse(3))
      .thenNothing();
  });

  test('ends only one session if that is named, and only once', () => {
    const one = { ...reuse(3), sessionId: 'one' };
    given(...past)
      .when(one)
      .thenHappens(createSessionsRevokedFact('refresh-reuse', 'one'));
    given(...past, createSessionsRevokedFact('refresh-reuse', 'one'))
      .when(one)
      .thenNothing();
    given(...past, createSessionsRevokedFact('refresh-reuse', 'other'))
      .when(one)
      .thenHappens(createSessionsRevokedFact('refresh-reuse', 'one'));
    given(...past, createSessionsRevokedFact('refresh-reuse'))
      .when(one)
      .thenNothing();
  });

  test('ends all sessions even if nothing was ever revoked before', () => {
    given(createUserRegisteredFact(createTestLink('A')))
      .when(reuse(1))
      .thenHappens(createSessionsRevokedFact('refresh-reuse', undefined, { isTold: false }));
  });
});
