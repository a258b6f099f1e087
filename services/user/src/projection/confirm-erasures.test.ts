import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapMarkAt } from '@latchkey/consumer/contract';
import { decodeReceipt } from '@latchkey/events';
import type { StoredAccount } from '../profile/stored-account.ts';
import { uuidFromText } from '../testing/history.ts';
import { confirmErasures } from './confirm-erasures.ts';

const account = uuidFromText('ada');
const NOW = new Date('2026-03-01T12:00:00.000Z');

/**
 * Confirms the erasure of one account at sequence 7. @param generations the account as it is stored in each
 * generation
 */
async function confirmed(...generations: readonly (Partial<StoredAccount> | undefined)[]) {
  const records: { key: Buffer; value: Buffer | null }[] = [];
  const confirm = confirmErasures({
    bus: {
      publish: async (_topic, published) =>
        void records.push(...published.map(({ value }) => ({ key: Buffer.from(account), value }))),
    },
    running: async () => generations.map((_, index) => index),
    profilesOf: (generation) => ({
      async load() {
        const stored = generations[generation];
        return new Map(stored ? [[account, { account, sequence: 7, ...stored }]] : []);
      },
    }),
    now: () => NOW,
  });
  await confirm([{ account, sequence: 7 }]);
  return records.map((record) => decodeReceipt(record));
}

const receipt = { userId: account, consumer: 'user', sequence: 7, confirmedAt: NOW.toISOString() };

test('an erasure is confirmed once it is applied', async () => {
  assert.deepEqual(await confirmed({}), [receipt]);
});

test('it is not while a generation has the account as it was before', async () => {
  assert.deepEqual(await confirmed({}, { sequence: 6 }), []);
  assert.deepEqual(await confirmed({}, { parked: gapMarkAt(account, 3) }), []);
});

test('it is not while a generation that is being filled has not read the account yet', async () => {
  assert.deepEqual(await confirmed({}, undefined), []);
  assert.deepEqual(await confirmed({}, { sequence: 8 }), [receipt]);
});

test('without an erasure nothing is read or published', async () => {
  const confirm = confirmErasures({
    bus: { publish: () => assert.fail('published') },
    running: () => assert.fail('read'),
    profilesOf: () => assert.fail('read'),
    now: () => NOW,
  });
  await confirm([]);
});
