import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { createUniformLimitRules } from '../../ports/testing/limit-rules.ts';
import { createMongoLimits, limitIndexes } from './limits.ts';

const database = createTestDatabase('limits', limitIndexes, [
  { query: /^aggregate auth_limits \{ {2}\}$/, because: 'the test counts the documents' },
]);

async function open() {
  const { connection } = await database.empty();
  return { connection, limits: createMongoLimits(rules, connection) };
}

const rules = createUniformLimitRules(
  { points: 1, seconds: 3600 },
  { 'mail-network-hour': { points: 1, seconds: 1 } },
);

test('what was counted by one instance counts for all', async () => {
  const { limits, connection } = await open();
  const { connection: another } = await database.another();
  const elsewhere = createMongoLimits(rules, another);
  assert.notEqual(connection, another);
  assert.equal((await limits.take('login-ip', '192.0.2.1')).allowed, true);
  assert.equal((await elsewhere.take('login-ip', '192.0.2.1')).allowed, false);
});

test('expired counts are removed, and nothing else', async () => {
  const { limits, connection } = await open();
  await limits.take('mail-network-hour', 'ada@example.com');
  await limits.take('login-ip', '192.0.2.1');
  await over(() => limits.peek('mail-network-hour', 'ada@example.com'));
  await limits.removeExpired();
  assert.equal(await connection.collection('auth_limits').countDocuments(), 1);
  assert.equal((await limits.take('login-ip', '192.0.2.1')).allowed, false);
});

/** Resolves once the rate limit allows another point, because its window has ended. */
async function over(peek: () => Promise<{ readonly allowed: boolean }>): Promise<void> {
  while (!(await peek()).allowed) await wait(20);
}
