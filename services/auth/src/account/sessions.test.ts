import { describe, test } from 'node:test';
import {
  accountDisabled,
  accountVerified,
  linkNamed,
  registrationEnded,
  sessionsRevoked,
  userRegistered,
} from './testing/ada.ts';
import { given } from './testing/given-when-then.ts';

describe('revoking sessions', () => {
  test('is a fact with its reason, verified or not', () => {
    for (const reason of ['logout-all', 'refresh-reuse', 'admin'] as const) {
      const revoke = { type: 'RevokeSessions', reason } as const;
      given(userRegistered(linkNamed('A')))
        .when(revoke)
        .thenHappens(sessionsRevoked(reason, undefined, { isTold: false }));
      given(userRegistered(linkNamed('A')), accountVerified)
        .when(revoke)
        .thenHappens(sessionsRevoked(reason));
    }
  });

  test('by everywhere-logout happens each time: there may be new sessions', () => {
    given(userRegistered(linkNamed('A')), sessionsRevoked('logout-all'))
      .when({ type: 'RevokeSessions', reason: 'logout-all' })
      .thenHappens(sessionsRevoked('logout-all'));
  });

  test('works on a disabled account', () => {
    given(userRegistered(linkNamed('A')), accountDisabled())
      .when({ type: 'RevokeSessions', reason: 'admin' })
      .thenHappens(sessionsRevoked('admin'));
  });

  test('of an account that has ended or never was does nothing', () => {
    given().when({ type: 'RevokeSessions', reason: 'logout-all' }).thenNothing();
    given(userRegistered(linkNamed('A')), ...registrationEnded('expired'))
      .when({ type: 'RevokeSessions', reason: 'logout-all' })
      .thenNothing();
  });
});

describe('the reuse of a refresh token', () => {
  test('is told to the owner of a verified account, unless the owner has had enough notices', () => {
    given(userRegistered(linkNamed('A')), accountVerified)
      .when({ type: 'RevokeSessions', reason: 'refresh-reuse', notifies: true })
      .thenHappens(sessionsRevoked('refresh-reuse'));
    given(userRegistered(linkNamed('A')), accountVerified)
      .when({ type: 'RevokeSessions', reason: 'refresh-reuse', notifies: false })
      .thenHappens(sessionsRevoked('refresh-reuse', undefined, { isTold: false }));
  });

  function reuse(since: number) {
    return { type: 'RevokeSessions', reason: 'refresh-reuse', since } as const;
  }
  // All sessions were revoked by the fact with sequence 3.
  const past = [userRegistered(linkNamed('A')), accountVerified, sessionsRevoked('logout-all')] as const;

  test('ends the sessions where its own was decided on the revocation or later', () => {
    given(...past)
      .when(reuse(3))
      .thenHappens(sessionsRevoked('refresh-reuse'));
    given(...past)
      .when(reuse(4))
      .thenHappens(sessionsRevoked('refresh-reuse'));
  });

  test('ends nothing where its own session is revoked already', () => {
    given(...past)
      .when(reuse(2))
      .thenNothing();
    given(...past)
      .when(reuse(0))
      .thenNothing();
  });

  test('is no occasion a second time', () => {
    given(...past, sessionsRevoked('refresh-reuse'))
      .when(reuse(3))
      .thenNothing();
  });

  test('ends one session alone where it is named, once', () => {
    const one = { ...reuse(3), sessionId: 'one' };
    given(...past)
      .when(one)
      .thenHappens(sessionsRevoked('refresh-reuse', 'one'));
    given(...past, sessionsRevoked('refresh-reuse', 'one'))
      .when(one)
      .thenNothing();
    given(...past, sessionsRevoked('refresh-reuse', 'other'))
      .when(one)
      .thenHappens(sessionsRevoked('refresh-reuse', 'one'));
    given(...past, sessionsRevoked('refresh-reuse'))
      .when(one)
      .thenNothing();
  });

  test('counts before anything was ever revoked', () => {
    given(userRegistered(linkNamed('A')))
      .when(reuse(1))
      .thenHappens(sessionsRevoked('refresh-reuse', undefined, { isTold: false }));
  });
});
