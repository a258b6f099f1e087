import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext, DAY_MS, withTestWorld } from '../testing/world.ts';
import { eraseOtherAccount } from './request-erasure.ts';
import { createFailureLog, eraseDueAccounts } from './sweep.ts';

test(
  'an erasure that fails is logged once for each account, does not block others, and is finished later',
  withTestWorld(async (world) => {
    const ids: string[] = [];
    for (const name of ['ada', 'eve', 'joe']) {
      const { userId } = await world.signUp(`${name}@example.com`, 'countess of the engine');
      await eraseOtherAccount(world.deps, { userId, by: 'ops' }, createTestContext());
      ids.push(userId);
    }
    world.advance(7 * DAY_MS);
    const [first = '', second = '', third = ''] = ids;
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
    const failures = createFailureLog({
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
