import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeReceipt, encodeReceipt, type Receipt } from './receipts.ts';
import { RECEIPTS_TOPIC } from './topics.ts';

const USER_ID = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const given: Receipt = {
  userId: USER_ID,
  consumer: 'books',
  sequence: 7,
  confirmedAt: '2026-03-01T12:00:00.000Z',
};

function recordOf(value: unknown, key: string | null = USER_ID) {
  return {
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  };
}

describe('a receipt', () => {
  it('is decoded as it was encoded, and keyed by its account', () => {
    const { topic, key, value } = encodeReceipt(given);
    assert.deepEqual([topic, key], [RECEIPTS_TOPIC, USER_ID]);
    assert.deepEqual(decodeReceipt({ key: Buffer.from(key), value }), given);
  });

  it('may have fields of later releases, which are left out', () => {
    assert.deepEqual(decodeReceipt(recordOf({ ...given, note: 'x' })), given);
  });

  it('is refused if it breaks its schema', () => {
    for (const flaw of [{ consumer: '' }, { consumer: 'a b' }, { sequence: 0 }, { confirmedAt: 'now' }])
      assert.throws(() => encodeReceipt({ ...given, ...flaw }));
  });

  it('is not read from anything else', () => {
    for (const record of [
      { key: Buffer.from(USER_ID), value: null },
      recordOf('{'),
      recordOf('null'),
      recordOf({}),
      recordOf({ ...given, consumer: 'a\u0007b' }),
      recordOf(given, null),
      recordOf(given, '01980d2e-5a40-7c31-9f0e-000000000000'),
      { key: Buffer.from(USER_ID), value: Buffer.from([0xff]) },
    ])
      assert.equal(decodeReceipt(record), undefined);
  });
});
