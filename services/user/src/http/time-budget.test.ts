import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@latchkey/http';
import { createLogger } from '@latchkey/process';
import { mapPortErrors, StoreUnavailable } from '@latchkey/store';
import { createGuards } from '@latchkey/tokens';
import { createEmptyStoredAccount } from '../profile/stored-account.ts';
import { createSequenceWaiter } from '../projection/sequence-waiter.ts';
import { accountSequenceHeaderSchema } from './account-sequence.ts';
import { createUserRoutes } from './routes.ts';
import type { ActiveSessionWithProfile } from './session-status.ts';

/** The longest time that a successful call to the store can take, in ms (`openMongo`). */
const CALL_MS = 4_400;
const ADA = '01900000-0000-7000-8000-00000000000a';
const BOB = '01900000-0000-7000-8000-00000000000b';

const guards = createGuards<ActiveSessionWithProfile>({
  verify: async () => assert.fail(),
  sessionStatus: async () => assert.fail(),
  headers: accountSequenceHeaderSchema,
  refuse: (spec, details) => new Problem(spec, details),
});

/** Returns the routes of the user service, with a store of profiles that responds slowly. */
function slowService() {
  let ms = 0;
  const profiles = mapPortErrors(
    {
      async load(accounts: readonly string[]) {
        await Promise.resolve();
        ms += CALL_MS;
        return new Map(accounts.map((account) => [account, createEmptyStoredAccount(account)]));
      },
      async list() {
        return [];
      },
    },
    () => undefined,
  );
  const logger = createLogger({ name: 'user', level: 'silent' });
  const waiter = createSequenceWaiter({ profiles, logger });
  const routes = createUserRoutes({ profiles, guards, feed: [], webhooks: [], publicPath: '' });
  return { profiles, waiter, routes, elapsedMs: () => ms };
}

for (const operation of ['getMe', 'listUsers', 'getUser'])
  test(`${operation} begins no further call once it has waited for the store for 5 s`, async (context) => {
    const { waiter, routes, profiles, elapsedMs } = slowService();
    context.mock.method(performance, 'now', elapsedMs);
    const found = routes.find(({ operationId }) => operationId === operation);
    // Simulates the reads of an admin's request whose header Account-Sequence names another account: the
    // admin's account and the other account are read before the route reads anything itself.
    const response = found?.around?.(async () => {
      await waiter.waitFor(ADA, 0, ADA);
      await waiter.waitUntilSettled(BOB, 0, ADA);
      await profiles.load([BOB]);
    });
    await assert.rejects(async () => response ?? assert.fail('there is no limit'), StoreUnavailable);
    assert.equal(elapsedMs(), 2 * CALL_MS);
  });
