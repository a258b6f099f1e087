import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAccountTracePredicate, createAddressTracePredicate } from './traces.ts';

const ADA = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
const ADMIN = '01980d2e-5a40-7c31-9f0e-000000000000';

describe('a trace of an address', () => {
  const isTrace = createAddressTracePredicate('Ada@example.com');

  test('is the address in any text, in any case, also within another', () => {
    for (const stored of [
      { address: 'ada@example.com' },
      { value: Buffer.from('{"person":{"email":"ADA@Example.com"}}') },
      { key: 'login 0 ada@example.com 198.51.100.0' },
      { attempts: [{ reply: '550 <ada@example.com>: unknown. ada@example.com.' }] },
      { 'ada@example.com': 1 },
    ])
      assert.equal(isTrace(stored), true, JSON.stringify(stored));
  });

  test('is not a different address', () => {
    for (const email of [
      'xada@example.com',
      'a.ada@example.com',
      'ada@example.com.au',
      'ada@example.community',
    ])
      assert.equal(isTrace({ email }), false, email);
    assert.equal(isTrace({ n: 1, at: null, address: 'adaXexample.com' }), false);
  });
});

describe('a trace of an account', () => {
  const isTrace = createAccountTracePredicate(ADA);

  test('is a person, or data of one, that is stored with its id', () => {
    for (const stored of [
      { key: Buffer.from(ADA), value: Buffer.from('{"person":{"email":"x"}}'), headers: {} },
      { stream: ADA, events: `[{"data":{"userId":"${ADA}","person":{"username":"x"}}}]` },
      { user_id: ADA, ip: '198.51.100.7', user_agent: null },
      { _id: ADA, profile: { firstName: 'x' } },
      { subject: ADA, content: '{"to":"x"}' },
      { stream: ADA, events: '[{"chain":{"person":{"digest":"x","salt":"x"}}}]' },
    ])
      assert.equal(isTrace(stored), true, JSON.stringify(stored));
  });

  test('is not the data that remains: ids, sequences, times', () => {
    for (const stored of [
      { key: Buffer.from(ADA), value: Buffer.from(`{"userId":"${ADA}","person":null}`), headers: {} },
      { stream: ADA, events: '[{"data":{"person":null}}]', address: null },
      { subject: ADA, content: null, recipient: null, attempts: '[]' },
      { stream: ADA, events: '[{"chain":{"hash":"x","person":{"digest":"x"}}}]', sources: [] },
      { person: { email: 'x' }, userId: ADMIN },
    ])
      assert.equal(isTrace(stored), false, JSON.stringify(stored));
  });

  test('is not an event of another account or a mailing that names it', () => {
    const person = { email: 'x' };
    for (const stored of [
      {
        key: Buffer.from(`${ADMIN}/2`),
        value: Buffer.from(JSON.stringify({ userId: ADMIN, changedBy: ADA, person })),
        headers: {},
      },
      { stream: ADMIN, events: JSON.stringify([{ data: { changedBy: ADA, person }, chain: { person } }]) },
      { value: JSON.stringify({ mailingId: ADMIN, requestedBy: ADA, person }) },
      { subject: ADMIN, content: JSON.stringify({ to: 'x', by: ADA }) },
    ])
      assert.equal(isTrace(stored), false, JSON.stringify(stored));
    assert.equal(isTrace({ value: JSON.stringify({ userId: ADA, changedBy: ADMIN, person }) }), true);
  });

  test('is an action of the account on others, and a report about a mail to it', () => {
    const [ip, recipient] = [{ ip: '198.51.100.7' }, { recipient: 'd1ef5ee7c7a8dc6aff9ae4a4aa7b8e4b' }];
    for (const stored of [
      { key: Buffer.from(ADMIN), value: JSON.stringify({ actor: ADA, accountId: ADMIN, person: ip }) },
      { value: JSON.stringify({ deliveryId: ADMIN, cause: { subject: ADA }, person: recipient }) },
    ])
      assert.equal(isTrace(stored), true, JSON.stringify(stored));
  });

  test('is not an action of an admin or operator on the account, which names only them', () => {
    const person = { ip: '198.51.100.7' };
    assert.equal(isTrace({ value: JSON.stringify({ actor: ADMIN, accountId: ADA, person }) }), false);
    assert.equal(isTrace({ value: JSON.stringify({ actor: ADA, accountId: ADA, person }) }), true);
    assert.equal(isTrace({ value: JSON.stringify({ actor: 'unknown', accountId: ADA, person }) }), true);
  });
});
