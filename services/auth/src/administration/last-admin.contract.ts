/** Tests that at least one admin always remains, even if admins demote or disable each other concurrently. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { type AccountFact, isActiveAdmin } from '../account/index.ts';
import type { OpenEmptyStores } from '../ports/testing/open-empty-stores.ts';
import { Refused } from '../refused.ts';
import { type AccountCommandExecutor, createAccountCommandExecutor } from '../streams/accounts.ts';
import { changeRole, disableAccount, enableAccount } from './manage-accounts.ts';

type Stores = Awaited<ReturnType<OpenEmptyStores>>['stores'];

const ADMINS = 3;
const INSTANCES = 2;
const origin = { correlationId: 'request-1' };

interface Change {
  readonly kind: 'demote' | 'disable' | 'promote' | 'enable';
  readonly account: number;
  /** The simulated process that runs the command. Each process has its own cache of account states. */
  readonly instance: number;
}

const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('demote' as const, 'disable' as const) },
      { weight: 1, arbitrary: fc.constantFrom('promote' as const, 'enable' as const) },
    ),
    account: fc.nat(ADMINS - 1),
    instance: fc.nat(INSTANCES - 1),
  }),
  { minLength: 1, maxLength: 4 },
);

function run(
  deps: Stores & { readonly accounts: AccountCommandExecutor },
  userId: string,
  kind: Change['kind'],
): Promise<unknown> {
  const target = { userId, by: 'ops' };
  switch (kind) {
    case 'demote':
      return changeRole(deps, { ...target, role: 'user' }, origin);
    case 'promote':
      return changeRole(deps, { ...target, role: 'admin' }, origin);
    case 'disable':
      return disableAccount(deps, target, origin);
    case 'enable':
      return enableAccount(deps, target, origin);
  }
}

/** Appends an admin account in the form that release 0.1 stored. */
async function appendAdmin({ journal }: Stores): Promise<string> {
  const userId = v7();
  const time = new Date(0).toISOString();
  const address = `${userId}@example.com`;
  const addressed = { userId, locale: 'en', person: { email: address, username: 'ada' } };
  const facts: readonly AccountFact[] = [
    {
      type: 'UserRegistered',
      data: { ...addressed, role: 'user' },
      private: { address, passwordHash: 'a hash', withheldUntil: time },
    },
    { type: 'AccountVerified', data: addressed },
    { type: 'RoleChanged', data: { ...addressed, role: 'admin', previousRole: 'user', changedBy: 'ops' } },
  ];
  await journal.append({
    stream: userId,
    number: 1,
    sequence: 1,
    events: facts.map((fact) => ({ ...fact, id: v7(), time, version: 1 })),
    commandId: v7(),
    correlationId: 'request-0',
    at: time,
  });
  return userId;
}

/**
 * Defines the contract tests for one kind of store.
 * @param runs the number of random histories to try
 */
export function defineLastAdminContractTests(name: string, open: OpenEmptyStores, runs: number): void {
  describe(`the last admin on ${name}`, () => {
    let stores: Stores;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ stores, close } = await open());
    });
    afterEach(() => close());

    function instance() {
      const accounts = createAccountCommandExecutor({
        ...stores,
        nudge: () => undefined,
        now: () => new Date(),
        newId: () => v7(),
      });
      return { ...stores, accounts };
    }

    async function activeAdmins(): Promise<number> {
      const { accounts } = instance();
      const states = await Promise.all(
        (await stores.journal.roleChanges()).map((stream) => accounts.load(stream)),
      );
      return states.filter(isActiveAdmin).length;
    }

    test('stays, although admins demote and disable one another concurrently', async () => {
      const ids: string[] = [];
      while (ids.length < ADMINS) ids.push(await appendAdmin(stores));
      const property = fc.asyncProperty(fc.array(changes, { maxLength: 6 }), async (steps) => {
        for (const userId of ids)
          for (const kind of ['promote', 'enable'] as const) await run(instance(), userId, kind);
        const instances = Array.from({ length: INSTANCES }, instance);
        for (const step of steps) {
          const results = await Promise.allSettled(
            step.map(async ({ account, kind, instance: nth }) => {
              const [deps, userId] = [instances[nth], ids[account]];
              assert.ok(deps !== undefined && userId !== undefined);
              await run(deps, userId, kind);
            }),
          );
          for (const result of results)
            if (result.status === 'rejected')
              assert.ok(result.reason instanceof Refused, String(result.reason));
          assert.ok((await activeAdmins()) > 0, 'nobody is an admin any more');
        }
      });
      await fc.assert(property, { numRuns: runs });
    });

    test('of two who demote each other at once, one succeeds and the other is refused', async () => {
      const [ada, grace] = [await appendAdmin(stores), await appendAdmin(stores)];
      for (const userId of [...(await stores.journal.roleChanges())])
        if (userId !== ada && userId !== grace) await run(instance(), userId, 'demote');
      const [first, second] = [instance(), instance()];
      const results = await Promise.allSettled([
        changeRole(first, { userId: grace, by: ada, role: 'user' }, origin),
        disableAccount(second, { userId: ada, by: grace }, origin),
      ]);
      const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      assert.deepEqual(
        refusals.map((reason) => (reason instanceof Refused ? reason.refusal.kind : String(reason))),
        ['last_admin'],
      );
      assert.equal(await activeAdmins(), 1);
    });
  });
}
