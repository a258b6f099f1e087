import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { decodeReceipt, RECEIPTS_TOPIC } from '@latchkey/events';
import { openSqliteAuthStores } from '../storage/sqlite/index.ts';
import { startTestAuth } from '../testing/auth.fixture.ts';
import { waitUntil } from '../testing/until.ts';
import { createTestContext, DAY_MS, type TestWorld, withTestWorld } from '../testing/world.ts';
import { confirmFinishedErasures } from './own-receipts.ts';
import { requestErasureOfAccount } from './request-erasure.ts';
import { eraseDueAccounts } from './sweep.ts';

/** Creates accounts that are due to be erased. @returns their ids */
async function createDueAccounts(world: TestWorld, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const index of Array(count).keys()) {
    const { userId } = await world.signUp(`ada${index}@example.com`, 'countess of the engine');
    await requestErasureOfAccount(world.deps, { userId, by: 'ops' }, createTestContext());
    ids.push(userId);
  }
  world.advance(7 * DAY_MS);
  return ids;
}

/** Erases the accounts that are due as a release does that only publishes its receipts. */
function eraseWithoutStoringReceipts(world: TestWorld): Promise<void> {
  const erasureReceipts = { ...world.erasing.erasureReceipts, confirm: async () => undefined };
  return eraseDueAccounts({ ...world.erasing, erasureReceipts });
}

async function isConfirmedByAuth(world: TestWorld, account: string): Promise<boolean> {
  const found = await world.erasing.erasureReceipts.find(account);
  return found?.receipts.some(({ consumer }) => consumer === 'auth') === true;
}

function publishedReceipts(world: TestWorld) {
  return world.bus
    .records(RECEIPTS_TOPIC, { limit: 999 })
    .map((record) => decodeReceipt(record))
    .map((receipt) => `${receipt?.consumer} ${receipt?.userId}`);
}

test(
  'an erasure that another release of auth has finished is confirmed, once',
  withTestWorld(async (world) => {
    const [account = ''] = await createDueAccounts(world, 1);
    await eraseWithoutStoringReceipts(world);
    assert.equal(await isConfirmedByAuth(world, account), false);
    for (const _ of Array(2).keys()) await confirmFinishedErasures(world.erasing);
    assert.equal(await isConfirmedByAuth(world, account), true);
    // The other release has published the first of the two receipts.
    assert.deepEqual(publishedReceipts(world), [`auth ${account}`, `auth ${account}`]);
  }),
);

test(
  'an erasure that has not finished is not confirmed',
  withTestWorld(async (world) => {
    const [account = ''] = await createDueAccounts(world, 1);
    const bus = { ...world.bus, replaceRecordsOf: () => Promise.reject(new Error('away')) };
    await eraseDueAccounts({ ...world.erasing, bus });
    await confirmFinishedErasures(world.erasing);
    assert.equal(await isConfirmedByAuth(world, account), false);
    assert.deepEqual(publishedReceipts(world), []);
  }),
);

test(
  'all of them are confirmed, however many erasures wait for other consumers',
  withTestWorld(async (world) => {
    const { erasureReceipts } = world.erasing;
    const accounts: readonly string[] = Array.from({ length: 201 }, () => randomUUID());
    const erasure = { sequence: 3, erasedAt: '2026-03-09T12:00:00.000Z', expected: ['auth', 'user'] };
    for (const account of accounts) await erasureReceipts.open({ ...erasure, account });
    await confirmFinishedErasures(world.erasing);
    for (const account of accounts) assert.equal(await isConfirmedByAuth(world, account), true);
    await confirmFinishedErasures(world.erasing);
    assert.equal(publishedReceipts(world).length, accounts.length);
  }),
);

test('auth confirms them when it starts', async (context) => {
  const { service, database } = await startTestAuth(context);
  const { erasureReceipts } = openSqliteAuthStores(database);
  await service.stop();
  const account = randomUUID();
  const erasure = { sequence: 3, erasedAt: '2026-03-09T12:00:00.000Z', expected: ['auth', 'user'] };
  await erasureReceipts.open({ ...erasure, account });
  await service.start();
  await waitUntil(async () => (await erasureReceipts.find(account))?.receipts[0]?.consumer === 'auth');
});
