import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getRateLimitChargesForMail, type MailPurpose } from './mail-budget.ts';

interface Mail {
  readonly purpose: MailPurpose;
  readonly address: string;
  readonly ip: string;
}

const MAIL: Mail = { purpose: 'reset', address: 'ada@example.com', ip: '192.0.2.1' };

function keysOf(changes: Partial<Mail> = {}): readonly string[] {
  const { purpose, address, ip } = { ...MAIL, ...changes };
  return getRateLimitChargesForMail(purpose, address, ip).map(({ limit, key }) => `${limit}: ${key}`);
}

/**
 * Returns the names of the rate limits that use the same key for `MAIL` and for a copy of `MAIL` with the
 * given changes. Such a limit counts the two mails together.
 */
function sharedLimits(changes: Partial<Mail>): readonly string[] {
  return keysOf(changes)
    .filter((key) => keysOf().includes(key))
    .map((key) => key.replace(/:.*/, ''));
}

describe('a mail takes from the limits', () => {
  test('of its network per hour and per day, and of its address', () => {
    const all = ['mail-network-hour', 'mail-network-day', 'mail-address-day'];
    assert.deepEqual(sharedLimits({}), all);
    assert.deepEqual(sharedLimits({ ip: '192.0.2.250' }), all);
  });

  test('of the address alone, if another network asks', () => {
    assert.deepEqual(sharedLimits({ ip: '198.51.100.1' }), ['mail-address-day']);
    assert.deepEqual(sharedLimits({ ip: '2001:db8::1' }), ['mail-address-day']);
  });

  test('of no other purpose and of no other address', () => {
    for (const purpose of ['sign-up', 'renewal', 'email-change'] as const)
      assert.deepEqual(sharedLimits({ purpose }), [], purpose);
    assert.deepEqual(sharedLimits({ address: 'eve@example.com' }), []);
  });
});
