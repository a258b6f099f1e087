import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { login } from '../sessions/login.ts';
import { verifySignUp } from '../sign-up/verification.ts';
import { createTestContext, DAY_MS, withTestWorld } from '../testing/world.ts';
import { defineErasureCrashContractTests } from './crash.contract.ts';
import { defineSharedAddressContractTests } from './shared-address.contract.ts';
import { eraseDueAccounts } from './sweep.ts';
import {
  assertAccountErased,
  createDueAccount,
  DUE_ACCOUNT_ADDRESS,
  DUE_ACCOUNT_PASSWORD,
  findFilesWithPersonalData,
  publishJournalEvents,
} from './testing/due-account.ts';

const [BOB, ADMIN] = ['0198c0de-0000-7000-8000-0000000000bb', '0198c0de-0000-7000-8000-0000000000ad'];

describe('an erasure', () => {
  test(
    "removes the person from the account's actions on others and from reports about its mails, and nobody else",
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      const person = { ip: '198.51.100.7', userAgent: 'Netscape' };
      const other = { ip: '203.0.113.5' };
      const action = { accountId: BOB, action: 'DELETE /api/v1/auth/accounts/:id', outcome: 'ok' };
      const bounce = { mail: 'welcome', person: { recipient: 'd1ef5ee7c7a8dc6aff9ae4a4aa7b8e4b' } };
      const [mine, others] = [
        [
          { ...action, actor: userId, person },
          { ...bounce, cause: { subject: userId, eventId: 'e' } },
          { userId, person },
        ],
        [
          { ...action, actor: ADMIN, outcome: userId, person: other },
          { ...bounce, cause: { subject: BOB, eventId: userId } },
          { userId: BOB, changedBy: userId, person: other },
        ],
      ];
      await world.bus.ensureTopics([{ name: 'records', partitions: 3, retentionMs: -1 }]);
      const keys = [BOB, 'a delivery', `${userId}/1`];
      const records = [...mine, ...others].map((data, index) => ({
        key: index < 3 ? String(keys[index]) : `another/${index}`,
        value: Buffer.from(JSON.stringify(data)),
        headers: {},
      }));
      await world.bus.publish('records', records);
      await publishJournalEvents(world, userId);
      await eraseDueAccounts(world.erasing);
      const kept = world.bus.records('records', { limit: 9 }).map(({ value }) => String(value));
      assert.deepEqual(
        kept.toSorted(),
        [...mine.map((data) => ({ ...data, person: null })), ...others]
          .map((data) => JSON.stringify(data))
          .toSorted(),
      );
    }),
  );

  test(
    'leaves nothing of the person in any file of the store, and a chain that verifies',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await publishJournalEvents(world, userId);
      assert.notDeepEqual(await findFilesWithPersonalData(world.folder), []);
      await eraseDueAccounts(world.erasing);
      await assertAccountErased(world, userId);
      assert.deepEqual(await world.deps.erasures.due({ until: world.deps.now(), limit: 9 }), []);
    }),
  );

  test(
    'also removes security events that are not stored yet when the erasure begins',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      const entry = { time: world.deps.now().toISOString(), kept: false, headers: {} };
      const about = { actor: 'unknown', accountId: userId, person: { ip: '198.51.100.7' } };
      const action = { ...about, actor: userId, accountId: BOB };
      const queue = [about, action].map((data) => ({
        ...entry,
        id: world.deps.newId(),
        account: data.accountId,
        value: JSON.stringify(data),
      }));
      async function flushAudit(): Promise<void> {
        await world.deps.auditLog.add(queue.splice(0));
      }
      await eraseDueAccounts({ ...world.erasing, flushAudit });
      await flushAudit();
      await assertAccountErased(world, userId);
    }),
  );

  test(
    'frees the address',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      await eraseDueAccounts(world.erasing);
      const next = await world.signUp(DUE_ACCOUNT_ADDRESS, DUE_ACCOUNT_PASSWORD);
      assert.notEqual(next.userId, userId);
      const token = world.tokenOf(next.userId, 'verification');
      const evidence = { kind: 'password', password: DUE_ACCOUNT_PASSWORD } as const;
      const { state } = await verifySignUp(world.deps, { token, evidence }, createTestContext());
      assert.equal(state.status, 'verified');
      await eraseDueAccounts(world.erasing);
      await login(
        world.deps,
        { address: DUE_ACCOUNT_ADDRESS, password: DUE_ACCOUNT_PASSWORD },
        createTestContext(),
      );
    }),
  );

  test(
    'waits for events that are not published yet, which would carry the person afterwards',
    withTestWorld(async (world) => {
      const userId = await createDueAccount(world);
      const waiting = { ...world.erasing, outbox: { unpublished: async () => new Map([[userId, []]]) } };
      await eraseDueAccounts(waiting);
      assert.notDeepEqual(await findFilesWithPersonalData(world.folder), []);
      assert.equal((await world.deps.erasures.due({ until: world.deps.now(), limit: 9 })).length, 1);
      await eraseDueAccounts(world.erasing);
      await assertAccountErased(world, userId);
    }),
  );

  test(
    'of a registration that ended comes seven days later',
    withTestWorld(async (world) => {
      const { userId } = await world.signUp(DUE_ACCOUNT_ADDRESS, DUE_ACCOUNT_PASSWORD);
      const token = world.tokenOf(userId, 'verification');
      const tokenHash = world.deps.linkTokens.hash('verification', token);
      const reject = { type: 'RejectRegistration', tokenHash, now: world.deps.now() } as const;
      await world.deps.accounts.execute(userId, createTestContext(), () => reject);
      world.advance(7 * DAY_MS - 1);
      await eraseDueAccounts(world.erasing);
      assert.notDeepEqual(await findFilesWithPersonalData(world.folder), []);
      world.advance(1);
      await eraseDueAccounts(world.erasing);
      await assertAccountErased(world, userId);
    }),
  );
});

defineErasureCrashContractTests('sqlite');
defineSharedAddressContractTests('sqlite');
