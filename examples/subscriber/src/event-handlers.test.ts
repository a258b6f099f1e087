import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventHandlers } from './event-handlers.ts';
import { createTokenCache } from './token-cache.ts';

const account = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const context = { account, sequence: 4, id: 'e', time: '2026-01-01T00:00:00.000Z', correlationId: 'r' };

function react() {
  const lines: string[] = [];
  const tokens = createTokenCache(() => 0);
  const logger = {
    info: (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message })),
  };
  return { lines, tokens, handlers: createEventHandlers({ tokens, logger }) };
}

test('greets a new user without saying who it is', async () => {
  const { lines, handlers } = react();
  const person = { email: 'ada@example.com', username: 'ada' };
  const data = { userId: account, role: 'user', locale: 'de', person } as const;
  await handlers.UserRegistered?.({ type: 'UserRegistered', data }, context);
  await handlers.UserRegistered?.({ type: 'UserRegistered', data: { ...data, person: null } }, context);
  const line = JSON.stringify({ account, locale: 'de', message: 'welcome' });
  assert.deepEqual(lines, [line, line]);
});

test('forgets the tokens of revoked sessions', async () => {
  const { lines, handlers, tokens } = react();
  tokens.keep({ id: 'old', account, seq: 3, expiresAt: 900 });
  tokens.keep({ id: 'new', account, seq: 4, expiresAt: 900 });
  const data = { userId: account, reason: 'logout-all' } as const;
  await handlers.SessionsRevoked?.({ type: 'SessionsRevoked', data }, context);
  assert.deepEqual([tokens.find('old'), tokens.find('new')?.seq], [undefined, 4]);
  assert.match(lines.join(), /"forgotten":1/);
});
