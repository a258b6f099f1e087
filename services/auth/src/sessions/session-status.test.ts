import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AccountState } from '../account/index.ts';
import {
  accountVerifiedFact,
  adaId,
  createAccountDisabledFact,
  createRegistrationEndedFacts,
  createTestLink,
  createUserRegisteredFact,
} from '../account/testing/ada.ts';
import { computeVerifiedAccountAfterFacts, foldFacts } from '../account/testing/given-when-then.ts';
import type { Session } from '../ports/sessions.ts';
import { createRefusalPredicate } from '../testing/world.ts';
import { computeSessionStatus, findCallerOfToken, refuseRevokedCaller } from './session-status.ts';

const ada = computeVerifiedAccountAfterFacts(
  createUserRegisteredFact(createTestLink('A')),
  accountVerifiedFact,
);
const now = new Date('2026-03-01T12:00:00.000Z');
const session: Session = {
  id: 'session-1',
  userId: adaId,
  n: 1,
  createdAt: now,
  rotatedAt: now,
  expiresAt: new Date(now.getTime() + 1),
  since: 2,
  ip: '192.0.2.1',
  userAgent: '',
};

describe('a session', () => {
  function status(state: AccountState) {
    return computeSessionStatus(state, session);
  }

  test('is active while its account is, before and after the address is proven', () => {
    assert.equal(status(ada), 'active');
    assert.equal(status(foldFacts([createUserRegisteredFact(createTestLink('A'))])), 'active');
  });

  test('is revoked with its account', () => {
    assert.equal(status({ status: 'none' }), 'revoked');
    assert.equal(
      status(
        foldFacts([
          createUserRegisteredFact(createTestLink('A')),
          ...createRegistrationEndedFacts('expired'),
        ]),
      ),
      'revoked',
    );
    assert.equal(
      status(
        foldFacts([
          createUserRegisteredFact(createTestLink('A')),
          accountVerifiedFact,
          createAccountDisabledFact(),
        ]),
      ),
      'revoked',
    );
  });

  test('is revoked by the end of all sessions that began before, not by one that came first', () => {
    assert.equal(status({ ...ada, allRevokedAt: session.since }), 'active');
    assert.equal(status({ ...ada, allRevokedAt: session.since + 1 }), 'revoked');
  });

  test('is revoked alone', () => {
    assert.equal(status({ ...ada, revokedSessions: ['session-0', session.id] }), 'revoked');
    assert.equal(status({ ...ada, revokedSessions: ['session-0'] }), 'active');
  });
});

describe('the caller of an access token', () => {
  const claims = { sub: adaId, sid: session.id, seq: 2 };
  function find(
    asked: Partial<typeof claims>,
    stored: { readonly state?: AccountState; readonly session?: Session | undefined } = {},
  ) {
    const { state = ada } = stored;
    const known = 'session' in stored ? stored.session : session;
    return findCallerOfToken(
      {
        accounts: { load: async () => state },
        sessions: { find: async (id: string) => (id === session.id ? known : undefined) },
        now: () => now,
      },
      { ...claims, ...asked },
    );
  }

  test('is the account of its session', async () => {
    assert.deepEqual(await find({}), { userId: adaId, sessionId: session.id, state: ada });
  });

  test('is nobody without that session, or with the session of another account', async () => {
    assert.equal(await find({ sid: 'session-2' }), undefined);
    assert.equal(await find({}, { session: { ...session, userId: 'another' } }), undefined);
  });

  test('is nobody from the instant on at which the session expires', async () => {
    assert.equal(await find({}, { session: { ...session, expiresAt: now } }), undefined);
  });

  test('is nobody once tokens of that sequence were revoked', async () => {
    assert.ok(await find({}, { state: { ...ada, revokedAt: claims.seq } }));
    assert.equal(await find({}, { state: { ...ada, revokedAt: claims.seq + 1 } }), undefined);
  });

  test('is nobody once the session was revoked, or the account is gone', async () => {
    assert.equal(await find({}, { state: { ...ada, revokedSessions: [session.id] } }), undefined);
    assert.equal(await find({}, { state: { status: 'none' } }), undefined);
  });
});

describe('a command of a caller', () => {
  const caller = { state: { ...ada, revokedAt: 2 } };
  const command = { type: 'RevokeSessions', reason: 'logout-all' } as const;
  const ask = refuseRevokedCaller(caller, () => command);

  test('is carried out while no token was revoked since the check', () => {
    assert.equal(ask({ ...ada, revokedAt: 2 }), command);
  });

  test('is refused after tokens were revoked, and after the account has ended', () => {
    const refused = createRefusalPredicate('unauthenticated');
    assert.throws(() => ask({ ...ada, revokedAt: 3 }), refused);
    assert.throws(() => ask({ status: 'none' }), refused);
  });
});
