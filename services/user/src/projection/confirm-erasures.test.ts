import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGapParkMark } from '@latchkey/consumer/contract';
import { decodeReceipt } from '@latchkey/events';
import type { StoredAccount } from '../profile/stored-account.ts';
import { createUuidFromText } from '../testing/history.ts';
import { createErasureConfirmer } from './confirm-erasures.ts';

const account = createUuidFromText('ada');
const NOW = new Date('2026-03-01T12:00:00.000Z');

/**
 * Tries to confirm an erasure whose AccountErased has sequence 7.
 * @param generations the account as each generation contains it; undefined if it does not
 */
function confirmed(...generations: readonly (Partial<StoredAccount> | undefined)[]) {
  return confirmedWithLeftovers(generations, []);
}

type Generations = readonly (Partial<StoredAccount> | undefined)[];

/**
 * Tries to confirm the erasure like `confirmed`, in a store that also contains leftover generations, which
 * are no longer filled.
 * @param leftovers the account as each leftover generation contains it; the function updates this array
 */
async function confirmedWithLeftovers(
  running: Generations,
  leftovers: (Partial<StoredAccount> | undefined)[],
) {
  const numbers = running.map((_, index) => index);
  const records: { key: Buffer; value: Buffer | null }[] = [];
  const confirm = createErasureConfirmer({
    bus: {
      publish: async (_topic, published) =>
        void records.push(...published.map(({ value }) => ({ key: Buffer.from(account), value }))),
    },
    generations: {
      read: async () => ({ active: 0, running: numbers, last: 9, version: 1 }),
      stored: async () => [...numbers, ...leftovers.map((_, index) => running.length + index), 10],
    },
    profilesOf: (generation) => ({
      async load() {
        const stored = [...running, ...leftovers][generation];
        return new Map(stored ? [[account, { account, sequence: 7, ...stored }]] : []);
      },
      async save([stored]) {
        if (stored) leftovers[generation - running.length] = stored;
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
  assert.deepEqual(await confirmed({}, { parked: createGapParkMark(account, 3) }), []);
});

test('it is not while a generation that is being filled has not read the account yet', async () => {
  assert.deepEqual(await confirmed({}, undefined), []);
  assert.deepEqual(await confirmed({}, { sequence: 8 }), [receipt]);
});

test('the person is erased from generations that nobody fills any more before it is confirmed', async () => {
  const profile = { ended: true, id: account, sequence: 7 } as const;
  const leftovers = [{ sequence: 3 }, undefined];
  assert.deepEqual(await confirmedWithLeftovers([{ profile }], leftovers), [receipt]);
  assert.deepEqual(leftovers, [{ account, sequence: 7, profile }, undefined]);
  const untouched = [{ sequence: 3 }];
  assert.deepEqual(await confirmedWithLeftovers([{ sequence: 6 }], untouched), []);
  assert.deepEqual(untouched, [{ sequence: 3 }]);
});

test('without an erasure nothing is read or published', async () => {
  const confirm = createErasureConfirmer({
    bus: { publish: () => assert.fail('published') },
    generations: { read: () => assert.fail('read'), stored: () => assert.fail('read') },
    profilesOf: () => assert.fail('read'),
    now: () => NOW,
  });
  await confirm([]);
});
