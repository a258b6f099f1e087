import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LimitRules } from '../../ports/limits.ts';
import { limitsContract } from '../../ports/testing/limits.contract.ts';
import { unlimited } from '../limits.ts';
import { createMemoryLimits } from './limits.ts';

limitsContract('memory', async (rules) => {
  let now = Date.parse('2026-03-01T12:00:00Z');
  return {
    limits: createMemoryLimits(rules, { now: () => new Date(now) }),
    advance: (ms) => {
      now += ms;
    },
    close: async () => undefined,
  };
});

const one = { points: 1, seconds: 60 };
const rules: LimitRules = {
  'login-address': one,
  'login-ip': one,
  'mail-ip': one,
  'verification-address': one,
  'reset-address': one,
  'signup-ip': one,
  'mailing-admin': one,
};

describe('limits in memory', () => {
  test('trust no more pairs than there is room for, the latest ones', async () => {
    const limits = createMemoryLimits(rules, { now: () => new Date(0), mostTrusted: 2 });
    for (const address of ['a@example.com', 'b@example.com', 'a@example.com', 'c@example.com']) {
      await limits.trust(address, '192.0.2.1');
    }
    assert.equal(await limits.trusted('a@example.com', '192.0.2.1'), true);
    assert.equal(await limits.trusted('b@example.com', '192.0.2.1'), false);
    assert.equal(await limits.trusted('c@example.com', '192.0.2.1'), true);
  });
});

describe('no limits', () => {
  test('allow everything and trust nobody in particular', async () => {
    for (let i = 0; i < 100; i += 1)
      assert.deepEqual(await unlimited.take('login-ip', 'a'), { allowed: true });
    assert.deepEqual(await unlimited.peek('login-ip', 'a'), { allowed: true });
    await unlimited.trust('a@example.com', '192.0.2.1');
    assert.equal(await unlimited.trusted('a@example.com', '192.0.2.1'), false);
  });
});
