import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, type LatchkeyEvent } from '@latchkey/events';
import { flattenRedactedRecord, redactRecord } from './redacted.ts';

const USER = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const ADDRESS = 'ada@example.com';
const TOKEN = 'Q3x-7_Lk'.repeat(8);

const event: LatchkeyEvent = {
  id: '01980d2e-6b00-7000-8000-000000000001',
  subject: USER,
  sequence: 1,
  time: '2026-01-01T09:30:00.000Z',
  correlationId: 'request-1',
  causationId: 'command-1',
  type: 'UserRegistered',
  data: {
    userId: USER,
    role: 'user',
    locale: 'pt-BR',
    person: { email: ADDRESS, username: 'ada' },
    verification: { sealed: TOKEN, expiresAt: '2026-01-02T09:30:00.000Z' },
  },
};

const { key, value, headers } = encode(event);
const right = {
  key: Buffer.from(key),
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
};

function redactedValueOf(json: unknown) {
  return redactRecord({ ...right, value: Buffer.from(JSON.stringify(json)) }).value;
}
function redactedHeadersOf(given: Readonly<Record<string, Buffer | readonly Buffer[]>>) {
  return redactRecord({ ...right, headers: { ...right.headers, ...given } }).headers;
}

test('everything of a valid event is shown except the person and the token', () => {
  const shown = redactRecord(right);
  assert.deepEqual(shown.value, {
    userId: USER,
    role: 'user',
    locale: 'pt-BR',
    person: '***',
    verification: { sealed: '***', expiresAt: '2026-01-02T09:30:00.000Z' },
  });
  assert.equal(shown.key, `${USER}/1`);
  assert.deepEqual(shown.headers, { ...headers });
  assert.doesNotMatch(JSON.stringify(flattenRedactedRecord(shown)), new RegExp(`${ADDRESS}|${TOKEN}`));
});

test('an erased person is shown as null', () => {
  assert.deepEqual(redactedValueOf({ userId: USER, role: 'user', locale: 'en', person: null }), {
    userId: USER,
    role: 'user',
    locale: 'en',
    person: null,
  });
});

test('a value that its schema refuses is replaced by its type', () => {
  const wrong = {
    userId: { $gt: ADDRESS },
    role: ADDRESS,
    locale: [ADDRESS],
    email: ADDRESS,
    firstName: 'Ada',
    phone: 491234567,
    isAdmin: true,
    nothing: null,
    [ADDRESS]: 'x',
  };
  assert.deepEqual(redactedValueOf(wrong), {
    userId: '(object)',
    role: '(string)',
    locale: '(array)',
    email: '(string)',
    firstName: '(string)',
    phone: '(number)',
    isAdmin: '(boolean)',
    nothing: '(null)',
    '***': '(string)',
  });
  assert.deepEqual(redactedValueOf({ ...event.data, locale: ADDRESS, role: 'user' }), {
    ...(redactRecord(right).value as object),
    locale: '(string)',
  });
});

test('no value of an unknown type is shown', () => {
  const ofUnknown = { ...right, headers: { ...right.headers, ce_type: Buffer.from('toString') } };
  assert.deepEqual(
    redactRecord({ ...ofUnknown, value: Buffer.from('{"name":"Ada","person":{"a":1}}') }).value,
    {
      name: '(string)',
      person: '***',
    },
  );
});

test('an unreadable value is replaced by its length', () => {
  const values: readonly (readonly [Buffer | null, unknown])[] = [
    [null, '(none)'],
    [Buffer.from(`{"email":"${ADDRESS}`), '(25 bytes, not JSON)'],
    [Buffer.alloc(0), '(0 bytes, not JSON)'],
    [Buffer.from([0xff]), '(1 bytes, not JSON)'],
    [Buffer.alloc(300_000, ' '), '(300000 bytes, over 262144)'],
    [Buffer.from(`"${ADDRESS}"`), '(string)'],
    [Buffer.from(`["${ADDRESS}"]`), '(array)'],
  ];
  for (const [bytes, shown] of values)
    assert.deepEqual(redactRecord({ ...right, value: bytes }).value, shown);
});

test('fields beyond the maximum are counted', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`field${n}`, n]));
  const shown = redactedValueOf(many) as Readonly<Record<string, unknown>>;
  assert.equal(Object.keys(shown).length, 41);
  assert.equal(shown['***'], '(10 more fields)');
});

test('a key is shown if it is an id', () => {
  const keys: readonly (readonly [Buffer | null, string])[] = [
    [null, '(none)'],
    [Buffer.from(ADDRESS), '(15 bytes, not a UUID)'],
    [Buffer.from([0xff]), '(1 bytes, not a UUID)'],
  ];
  for (const [bytes, shown] of keys) assert.equal(redactRecord({ ...right, key: bytes }).key, shown);
});

test('headers are shown if they belong to the contract and their values are valid', () => {
  const shown = redactedHeadersOf({
    ce_type: Buffer.from(ADDRESS),
    ce_correlationid: Buffer.from(TOKEN),
    ce_id: [Buffer.from('1'), Buffer.from('2')],
    ce_time: Buffer.from([0xff]),
    'x-name': Buffer.from('Ada'),
    [`ce_${ADDRESS}`]: Buffer.from('x'),
  });
  assert.equal(shown['ce_type'], '(15 bytes)');
  assert.equal(shown['ce_correlationid'], '(64 bytes)');
  assert.equal(shown['ce_id'], '(2 times)');
  assert.equal(shown['ce_time'], '(1 bytes, not UTF-8)');
  assert.deepEqual(Object.keys(shown).toSorted(), Object.keys(headers).toSorted());
});
