import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { testDatabase } from '@latchkey/mongo/testing';
import type { LimitRules } from '../../ports/limits.ts';
import { limitsContract } from '../../ports/testing/limits.contract.ts';
import { createMongoLimits, limitIndexes } from './limits.ts';

const database = testDatabase('limits', limitIndexes);

async function open(rules: LimitRules) {
  const { connection } = await database.empty();
  let now = Date.parse('2026-03-01T12:00:00Z');
  return {
    connection,
    limits: createMongoLimits(rules, connection, { now: () => new Date(now) }),
    advance: (ms: number) => {
      now += ms;
    },
    close: async () => undefined,
  };
}

limitsContract('mongo', open);

const brief = { points: 1, seconds: 1 };
const long = { points: 1, seconds: 3600 };
const rules: LimitRules = {
  'login-address': long,
  'login-ip': long,
  'mail-ip': long,
  'verification-address': long,
  'reset-address': brief,
  'signup-ip': long,
  'mailing-admin': long,
};

test('what was counted by one instance counts for all', async () => {
  const { limits, connection } = await open(rules);
  const { connection: another } = await database.another();
  const elsewhere = createMongoLimits(rules, another, { now: () => new Date() });
  assert.notEqual(connection, another);
  assert.equal((await limits.take('login-ip', '192.0.2.1')).allowed, true);
  assert.equal((await elsewhere.take('login-ip', '192.0.2.1')).allowed, false);
});

test('what is given back after its window counts for nothing', async () => {
  const { limits } = await open(rules);
  await limits.take('reset-address', 'ada@example.com');
  await over(() => limits.peek('reset-address', 'ada@example.com'));
  await limits.giveBack('reset-address', 'ada@example.com');
  assert.equal((await limits.take('reset-address', 'ada@example.com')).allowed, true);
  assert.equal((await limits.take('reset-address', 'ada@example.com')).allowed, false);
});

test('what has run out is removed, and nothing else', async () => {
  const { limits, connection, advance } = await open(rules);
  await limits.take('reset-address', 'ada@example.com');
  await limits.take('login-ip', '192.0.2.1');
  await limits.trust('ada@example.com', '192.0.2.1');
  advance(1000);
  await limits.trust('ada@example.com', '192.0.2.2');
  advance(30 * 24 * 60 * 60_000 - 1000);
  await over(() => limits.peek('reset-address', 'ada@example.com'));
  await limits.removeExpired();
  assert.equal(await connection.collection('auth_limits').countDocuments(), 1);
  assert.equal(await connection.collection('auth_trusted').countDocuments(), 1);
  assert.equal((await limits.take('login-ip', '192.0.2.1')).allowed, false);
  assert.equal(await limits.trusted('ada@example.com', '192.0.2.2'), true);
});

/** Resolves once a window is over. */
async function over(peek: () => Promise<{ readonly allowed: boolean }>): Promise<void> {
  while (!(await peek()).allowed) await wait(20);
}
