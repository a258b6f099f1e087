import { describe, test } from 'node:test';
import { disabled, ended, link, revoked, signedUp, verified } from './testing/ada.ts';
import { given } from './testing/given-when-then.ts';

describe('revoking sessions', () => {
  test('is a fact with its reason, verified or not', () => {
    for (const reason of ['logout-all', 'refresh-reuse', 'admin'] as const) {
      const revoke = { type: 'RevokeSessions', reason } as const;
      given(signedUp(link('A')))
        .when(revoke)
        .thenHappens(revoked(reason));
      given(signedUp(link('A')), verified)
        .when(revoke)
        .thenHappens(revoked(reason));
    }
  });

  test('by everywhere-logout happens each time: there may be new sessions', () => {
    given(signedUp(link('A')), revoked('logout-all'))
      .when({ type: 'RevokeSessions', reason: 'logout-all' })
      .thenHappens(revoked('logout-all'));
  });

  test('works on a disabled account', () => {
    given(signedUp(link('A')), disabled())
      .when({ type: 'RevokeSessions', reason: 'admin' })
      .thenHappens(revoked('admin'));
  });

  test('of an account that has ended or never was does nothing', () => {
    given().when({ type: 'RevokeSessions', reason: 'logout-all' }).thenNothing();
    given(signedUp(link('A')), ...ended('expired'))
      .when({ type: 'RevokeSessions', reason: 'logout-all' })
      .thenNothing();
  });
});

describe('the reuse of a refresh token', () => {
  function reuse(since: number) {
    return { type: 'RevokeSessions', reason: 'refresh-reuse', since } as const;
  }
  // Revoked at sequence 3.
  const past = [signedUp(link('A')), verified, revoked('logout-all')] as const;

  test('ends the sessions where its own was decided on the revocation or later', () => {
    given(...past)
      .when(reuse(3))
      .thenHappens(revoked('refresh-reuse'));
    given(...past)
      .when(reuse(4))
      .thenHappens(revoked('refresh-reuse'));
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
    given(...past, revoked('refresh-reuse'))
      .when(reuse(3))
      .thenNothing();
  });

  test('ends one session alone where it is named, once', () => {
    const one = { ...reuse(3), sessionId: 'one' };
    given(...past)
      .when(one)
      .thenHappens(revoked('refresh-reuse', 'one'));
    given(...past, revoked('refresh-reuse', 'one'))
      .when(one)
      .thenNothing();
    given(...past, revoked('refresh-reuse', 'other'))
      .when(one)
      .thenHappens(revoked('refresh-reuse', 'one'));
    given(...past, revoked('refresh-reuse'))
      .when(one)
      .thenNothing();
  });

  test('counts before anything was ever revoked', () => {
    given(signedUp(link('A')))
      .when(reuse(1))
      .thenHappens(revoked('refresh-reuse'));
  });
});
