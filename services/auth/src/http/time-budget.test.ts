import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapPortErrors, runWithTimeBudget } from '@latchkey/store';
import { requestMailToAddress } from '../requests/written-requests.ts';
import { createTestContext, type TestWorld, withTestWorld } from '../testing/world.ts';

const ADDRESS = 'ada@example.com';
const PASSWORD = 'countess of the engine';

/**
 * Runs `work` within the time budget of a request, and afterwards calls the store twice within the same
 * budget; each call takes 5 s.
 */
async function makeLateCalls(work: () => Promise<unknown>): Promise<void> {
  let ms = 0;
  const late = mapPortErrors(
    {
      async call(): Promise<void> {
        await Promise.resolve();
        ms += 5_000;
      },
    },
    () => undefined,
  );
  await runWithTimeBudget(
    async () => {
      await work();
      await late.call();
      await late.call();
    },
    () => ms,
  );
}

const changes: Readonly<Record<string, (world: TestWorld) => Promise<unknown>>> = {
  'appended a commit': (world) => world.signUp(ADDRESS, PASSWORD),
  'recorded a request': ({ deps }) =>
    requestMailToAddress(deps, { kind: 'password-reset', address: ADDRESS }, createTestContext()),
};

for (const [what, change] of Object.entries(changes))
  test(
    `a request that has ${what} is not refused because the store is slow`,
    withTestWorld((world) => makeLateCalls(() => change(world))),
  );

test(
  'a request that has changed nothing is refused if the store is slow',
  withTestWorld(({ deps }) =>
    assert.rejects(
      makeLateCalls(() => deps.journal.holder('a claim')),
      { name: 'StoreUnavailable' },
    ),
  ),
);
