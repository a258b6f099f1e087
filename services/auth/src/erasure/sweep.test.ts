import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { createClockGuard } from '@latchkey/process';
import { createLoopWakeup } from '@latchkey/process/loop';
import { captureLog } from '@latchkey/process/testing';
import { waitUntil } from '../testing/until.ts';
import { createTestContext, DAY_MS, type TestWorld, withTestWorld } from '../testing/world.ts';
import { requestErasureOfAccount } from './request-erasure.ts';
import { createErasureFailureLog, createErasureJob, eraseDueAccounts } from './sweep.ts';
import { publishJournalEvents } from './testing/due-account.ts';

/**
 * Creates three accounts that are due to be erased.
 * @returns their ids, in the order in which they will be erased
 */
async function createDueAccounts(world: TestWorld): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const name of ['ada', 'eve', 'joe']) {
    const { userId } = await world.signUp(`${name}@example.com`, 'countess of the engine');
    await publishJournalEvents(world, userId);
    await requestErasureOfAccount(world.deps, { userId, by: 'ops' }, createTestContext());
    ids.push(userId);
  }
  world.advance(7 * DAY_MS);
  return ids;
}

test(
  'accounts that are due at the same time are erased with one search of the log',
  withTestWorld(async (world) => {
    const ids = await createDueAccounts(world);
    const searches: (readonly string[])[] = [];
    const { bus } = world;
    const watched = {
      ...bus,
      replaceRecordsOf: async (...search: Parameters<NonNullable<typeof bus.replaceRecordsOf>>) => {
        searches.push(search[0]);
        await bus.replaceRecordsOf?.(...search);
      },
    };
    await eraseDueAccounts({ ...world.erasing, bus: watched });
    assert.deepEqual(searches, [ids]);
    const values = bus.records(ACCOUNTS_TOPIC, { limit: 99 }).map(({ value }) => String(value));
    assert.equal(values.length, 3);
    for (const value of values) assert.match(value, /"person":null/);
    assert.deepEqual(await world.deps.erasures.due({ until: world.deps.now(), limit: 9 }), []);
  }),
);

test(
  'an account whose records cannot be replaced does not block others',
  withTestWorld(async (world) => {
    const [first, damaged, third] = await createDueAccounts(world);
    const { bus } = world;
    const failing = {
      ...bus,
      replaceRecordsOf: async (...search: Parameters<NonNullable<typeof bus.replaceRecordsOf>>) => {
        if (search[0].includes(String(damaged))) throw new SyntaxError('damaged');
        await bus.replaceRecordsOf?.(...search);
      },
    };
    const failed: string[] = [];
    const closed: string[] = [];
    await eraseDueAccounts(
      { ...world.erasing, bus: failing },
      { failed: ({ stream }) => failed.push(stream), closed: ({ stream }) => closed.push(stream) },
    );
    assert.deepEqual([failed, closed], [[damaged], [first, third]]);
    const values = bus.records(ACCOUNTS_TOPIC, { limit: 99 }).map(({ value }) => String(value));
    assert.equal(values.filter((value) => value.includes('"person":null')).length, 2);
  }),
);

test(
  'an erasure that fails is logged once for each account, does not block others, and is finished later',
  withTestWorld(async (world) => {
    const [first = '', second = '', third = ''] = await createDueAccounts(world);
    const { personalData } = world.deps;
    const damaged = {
      ...world.erasing,
      personalData: {
        ...personalData,
        removeSnapshot: (userId: string) =>
          userId === third ? personalData.removeSnapshot(userId) : Promise.reject(new TypeError('damaged')),
      },
    };
    const lines: string[] = [];
    const failures = createErasureFailureLog({
      error: ({ stream }: { stream: string }) => lines.push(`failed ${stream}`),
      info: ({ stream }: { stream: string }) => lines.push(`finished ${stream}`),
    });
    for (const _ of Array(3).keys()) await eraseDueAccounts(damaged, failures);
    assert.deepEqual(lines, [`failed ${first}`, `failed ${second}`]);
    for (const _ of Array(2).keys()) await eraseDueAccounts(world.erasing, failures);
    assert.deepEqual(lines.slice(2), [`finished ${first}`, `finished ${second}`]);
    await eraseDueAccounts(world.erasing, failures);
    assert.deepEqual(await world.deps.erasures.due({ until: world.deps.now(), limit: 9 }), []);
  }),
);

test(
  'nobody is erased while the clock is trusted for expiries only',
  withTestWorld(async (world) => {
    const { deps, erasing, leases } = world;
    const { userId } = await world.signUp('ada@example.com', 'countess of the engine');
    await requestErasureOfAccount(deps, { userId, by: 'ops' }, createTestContext());
    world.advance(7 * DAY_MS);
    const clock = createClockGuard({
      doubtAtStart: (use) => (use === 'erasure' ? 'It is 480 h later than before.' : undefined),
    });
    const log = captureLog();
    const wakeup = createLoopWakeup();
    const parts = { leases, owner: 'one', logger: log.logger, clock, wakeup };
    const job = createErasureJob({ ...deps, ...erasing, ...parts });
    await job.start();
    await log.line(({ err }) => JSON.stringify(err).includes('It is 480 h later than before.'));
    const due = { until: deps.now(), limit: 9 };
    assert.equal((await deps.erasures.due(due)).length, 1);
    clock.confirm();
    wakeup.wake();
    await waitUntil(async () => (await deps.erasures.due(due)).length === 0);
    await job.stop();
  }),
);
