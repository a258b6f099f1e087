import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { decodeReceipt, RECEIPTS_TOPIC } from '@latchkey/events';
import { createLogger, type Logger } from '@latchkey/process';
import { StoreUnavailable } from '@latchkey/store';
import type { ErasureRecord } from '../ports/erasure-receipts.ts';
import { type Commit, UnreadableCommit } from '../ports/journal.ts';
import { openSqliteAuthStores } from '../storage/sqlite/index.ts';
import { startTestAuth } from '../testing/auth.fixture.ts';
import { waitUntil } from '../testing/until.ts';
import { createTestContext, DAY_MS, type TestWorld, withTestWorld } from '../testing/world.ts';
import { confirmFinishedErasures, createAuthErasureReceiptJob } from './own-receipts.ts';
import { requestErasureOfAccount } from './request-erasure.ts';
import { eraseDueAccounts } from './sweep.ts';

const silent = createLogger({ name: 'x', level: 'silent' });

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

/**
 * Erases the accounts that are due as an earlier release does: it publishes its receipts, but does not store
 * them.
 */
function eraseWithoutStoringReceipts(world: TestWorld): Promise<void> {
  const erasureReceipts = { ...world.erasing.erasureReceipts, confirm: async () => undefined };
  return eraseDueAccounts({ ...world.erasing, erasureReceipts });
}

/** Returns a commit that contains only the event AccountErased. */
function createErasureCommit({ account, sequence, erasedAt }: Omit<ErasureRecord, 'receipts'>): Commit {
  const fact = { type: 'AccountErased', data: { userId: account } } as const;
  return {
    stream: account,
    number: 1,
    sequence,
    events: [{ ...fact, id: randomUUID(), time: erasedAt, version: 1 }],
    commandId: randomUUID(),
    correlationId: 'request-1',
    at: erasedAt,
  };
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
    // The erasure published the first receipt, and `confirmFinishedErasures` published the second one.
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
    const journal = { read: async (account: string) => [createErasureCommit({ ...erasure, account })] };
    const deps = { ...world.erasing, journal };
    assert.deepEqual(await confirmFinishedErasures(deps), new Map());
    for (const account of accounts) assert.equal(await isConfirmedByAuth(world, account), true);
    await confirmFinishedErasures(deps);
    assert.equal(publishedReceipts(world).length, accounts.length);
  }),
);

test(
  'an erasure that the journal does not contain is not confirmed, but the others are',
  withTestWorld(async (world) => {
    const [lost = '', unreadable = '', kept = ''] = await createDueAccounts(world, 3);
    const before = await world.deps.journal.read(lost);
    await eraseWithoutStoringReceipts(world);
    // Simulate a journal that was restored from a backup, so that it is older than the receipts and lacks an
    // erasure.
    const journal = {
      async read(account: string) {
        if (account === unreadable) throw new UnreadableCommit(account, 1, 'it is damaged');
        return account === lost ? before : await world.deps.journal.read(account);
      },
    };
    const deps = { ...world.erasing, journal };
    const reasons = new Map([
      [lost, 'missing'],
      [unreadable, 'unreadable'],
    ]);
    assert.deepEqual(await confirmFinishedErasures(deps), reasons);
    assert.equal(await isConfirmedByAuth(world, lost), false);
    assert.equal(await isConfirmedByAuth(world, unreadable), false);
    assert.equal(await isConfirmedByAuth(world, kept), true);
  }),
);

test('an erasure at another sequence than the one in the journal is not confirmed', async () => {
  const erasure = { account: 'ada', sequence: 3, erasedAt: '2026-03-09T12:00:00.000Z', expected: ['auth'] };
  const found = await confirmFinishedErasures({
    erasures: { isScheduled: async () => false },
    erasureReceipts: {
      list: async () => [{ ...erasure, receipts: [] }],
      confirm: () => assert.fail('was confirmed'),
    },
    journal: { read: async () => [createErasureCommit({ ...erasure, sequence: 4 })] },
    bus: { publish: () => assert.fail('was published') },
    now: () => new Date(),
  });
  assert.deepEqual(found, new Map([['ada', 'missing']]));
});

test('auth confirms them when it starts', async (context) => {
  const { service, database } = await startTestAuth(context);
  const { erasureReceipts, journal } = openSqliteAuthStores(database);
  await service.stop();
  const account = randomUUID();
  const erasure = { account, sequence: 3, erasedAt: '2026-03-09T12:00:00.000Z', expected: ['auth', 'user'] };
  await journal.append(createErasureCommit(erasure));
  await erasureReceipts.open(erasure);
  await service.start();
  await waitUntil(async () => (await erasureReceipts.find(account))?.receipts[0]?.consumer === 'auth');
});

test('the job runs again a second after a failure, and warns once of an erasure that is not in the journal', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const erasure = { account: 'ada', sequence: 3, erasedAt: '2026-03-09T12:00:00.000Z', expected: ['auth'] };
  const warned: unknown[] = [];
  let runs = 0;
  const job = createAuthErasureReceiptJob({
    erasures: { isScheduled: async () => false },
    erasureReceipts: {
      async list() {
        runs += 1;
        if (runs <= 2) throw new StoreUnavailable(new Error('away'));
        return [{ ...erasure, receipts: [] }];
      },
      confirm: () => assert.fail('was confirmed'),
    },
    journal: { read: async () => [] },
    bus: { publish: () => assert.fail('was published') },
    now: () => new Date(),
    logger: { ...silent, warn: (fields: unknown) => void warned.push(fields) } as Logger,
  });
  /** Lets time pass, and waits for the next run of the job. */
  async function runAfter(ms: number): Promise<void> {
    const before = runs;
    context.mock.timers.tick(ms - 1);
    await setImmediate();
    assert.equal(runs, before);
    context.mock.timers.tick(1);
    for (let turn = 0; runs === before && turn < 100; turn += 1) await setImmediate();
    assert.equal(runs, before + 1);
    await setImmediate();
  }
  await job.start();
  while (runs === 0) await setImmediate();
  await setImmediate();
  for (const pause of [1000, 2000, 3_600_000]) await runAfter(pause);
  assert.equal(runs, 4);
  assert.deepEqual(warned, [{ stream: 'ada' }]);
  await job.stop();
});
