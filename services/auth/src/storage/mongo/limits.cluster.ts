import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { testDatabase } from '@latchkey/mongo/testing';
import type { LimitRules } from '../../ports/limits.ts';
import { createMongoLimits, limitIndexes } from './limits.ts';

const database = testDatabase('limits', limitIndexes);

async function open(rules: LimitRules) {
  const { connection } = await database.empty();
  return { connection, limits: createMongoLimits(rules, connection) };
}

const brief = { points: 1, seconds: 1 };
const long = { points: 1, seconds: 3600 };
const rules: LimitRules = {
  'login-address': long,
  'login-ip': long,
  'mail-ip': long,
  'mail-network-hour': brief,
  'mail-network-day': long,
  'mail-address-day': long,
  'signup-ip': long,
  'profile-account': long,
  'mailing-admin': long,
};

test('what was counted by one instance counts for all', async () => {
  const { limits, connection } = await open(rules);
  const { connection: another } = await database.another();
  const elsewhere = createMongoLimits(rules, another);
  assert.notEqual(connection, another);
  assert.equal((await limits.take('login-ip', '192.0.2.1')).allowed, true);
  assert.equal((await elsewhere.take('login-ip', '192.0.2.1')).allowed, false);
});

test('what is given back after its window counts for nothing', async () => {
  const { limits } = await open(rules);
  await limits.take('mail-network-hour', 'ada@example.com');
  await over(() => limits.peek('mail-network-hour', 'ada@example.com'));
  await limits.giveBack('mail-network-hour', 'ada@example.com');
  assert.equal((await limits.take('mail-network-hour', 'ada@example.com')).allowed, true);
  assert.equal((await limits.take('mail-network-hour', 'ada@example.com')).allowed, false);
});

test('expired counts are removed, and nothing else', async () => {
  const { limits, connection } = await open(rules);
  await limits.take('mail-network-hour', 'ada@example.com');
  await limits.take('login-ip', '192.0.2.1');
  await over(() => limits.peek('mail-network-hour', 'ada@example.com'));
  await limits.removeExpired();
  assert.equal(await connection.collection('auth_limits').countDocuments(), 1);
  assert.equal((await limits.take('login-ip', '192.0.2.1')).allowed, false);
});

/** Resolves once a window is over. */
async function over(peek: () => Promise<{ readonly allowed: boolean }>): Promise<void> {
  while (!(await peek()).allowed) await wait(20);
}
