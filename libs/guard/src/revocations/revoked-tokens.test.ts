import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventContext, Handlers } from '@latchkey/events/subscribe';
import type { AccessClaims } from '@latchkey/tokens';
import { createRevokedTokens } from './revoked-tokens.ts';

const START = Date.parse('2026-01-01T00:00:00Z');

function claims(sub: string, seq: number): AccessClaims {
  return {
    iss: 'https://id.example.com',
    aud: 'latchkey',
    sub,
    sid: 's1',
    client_id: 'latchkey',
    iat: 1,
    exp: 2,
    jti: 'j1',
    email_verified: false,
    role: 'user',
    seq,
  };
}

function open() {
  let now = START;
  const tokens = createRevokedTokens(() => new Date(now));
  return {
    tokens,
    pass(minutes: number) {
      now += minutes * 60_000;
    },
    async happens<T extends keyof Handlers>(type: T, account: string, sequence: number, time = now) {
      const handler: ((event: never, context: EventContext) => unknown) | undefined = tokens.handlers[type];
      const event = undefined as never;
      const instant = new Date(time).toISOString();
      await handler?.(event, { account, sequence, time: instant, id: 'e', correlationId: 'r' });
    },
  };
}

describe('revoked tokens', () => {
  for (const type of ['SessionsRevoked', 'RoleChanged', 'AccountDisabled', 'RegistrationEnded'] as const)
    test(`${type} ends the tokens of its account that were issued before it, and no others`, async () => {
      const { tokens, happens } = open();
      await happens(type, 'ada', 5);
      assert.equal(tokens.sessionStatus(claims('ada', 4)), 'revoked');
      assert.deepEqual(tokens.sessionStatus(claims('ada', 5)), {});
      assert.deepEqual(tokens.sessionStatus(claims('bob', 1)), {});
    });

  test('an older revocation that comes late or again changes nothing', async () => {
    const { tokens, happens } = open();
    await happens('SessionsRevoked', 'ada', 5);
    await happens('SessionsRevoked', 'ada', 2);
    assert.equal(tokens.sessionStatus(claims('ada', 4)), 'revoked');
  });

  test('a token from before the verification counts as verified', async () => {
    const { tokens, happens } = open();
    await happens('AccountVerified', 'ada', 2);
    assert.deepEqual(tokens.sessionStatus(claims('ada', 1)), { verified: true });
    assert.deepEqual(tokens.sessionStatus(claims('ada', 2)), {});
  });

  test('remembers accounts no longer than tokens live', async () => {
    const { tokens, happens, pass } = open();
    await happens('SessionsRevoked', 'old', 5, START - 91 * 60_000);
    assert.equal(tokens.size(), 0);
    await happens('SessionsRevoked', 'ada', 5);
    pass(89);
    await happens('SessionsRevoked', 'bob', 5);
    assert.equal(tokens.sessionStatus(claims('ada', 4)), 'revoked');
    pass(2);
    await happens('SessionsRevoked', 'eve', 5);
    assert.equal(tokens.size(), 2);
    assert.equal(tokens.sessionStatus(claims('bob', 4)), 'revoked');
  });
});
