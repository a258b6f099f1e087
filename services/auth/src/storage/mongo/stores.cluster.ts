import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@latchkey/mongo/testing';
import { createCommit } from '../../ports/testing/commits.ts';
import { createUniformLimitRules } from '../../ports/testing/limit-rules.ts';
import { defineStoresContractTests } from '../../ports/testing/stores.contract.ts';
import { authIndexes, openMongoAuthStores } from './index.ts';

const database = createTestDatabase('auth', authIndexes, [
  { query: /^\w+ auth_requests /, because: 'requests are deleted once they are processed' },
  { query: /^find auth_moves \{ endedAt \$exists \}$/, because: 'a database is the target of few moves' },
  { query: /^find auth_fingerprints \{ {2}\}$/, because: 'each setting with keys has one document' },
]);

defineStoresContractTests('mongo', async () => {
  const { connection } = await database.empty();
  return { stores: openMongoAuthStores(connection), close: async () => undefined };
});

const rules = createUniformLimitRules({ points: 1, seconds: 60 });

test('every port says that its store is down, reading and writing', async () => {
  await database.empty();
  const { connection, close } = await database.another();
  const now = new Date();
  const stores = openMongoAuthStores(connection);
  const { journal, outbox, snapshots, sessions, requests, leases, trustedAddresses } = stores;
  const limits = stores.limits(rules);
  await close();

  const asked = [
    () => journal.append(createCommit()),
    () => journal.read('a'),
    () => outbox.waiting({ limit: 1 }),
    () => outbox.markPublished([createCommit()]),
    () => snapshots.save({ stream: 'a', number: 1, sequence: 1, stateVersion: 1, state: {} }),
    () => sessions.find('a'),
    () => sessions.remove('a', 'b'),
    () => requests.count(),
    () => requests.claim({ owner: 'a', now, leaseMs: 1, limit: 1 }),
    () => leases.insert({ name: 'a', holder: 'b', until: now }),
    () => limits.take('login-ip', 'a'),
    () => limits.peek('login-ip', 'a'),
    () => limits.clear('login-ip', 'a'),
    () => limits.giveBack('login-ip', 'a'),
    () => trustedAddresses.isTrusted({ address: 'a', ip: 'b' }, now),
  ];
  for (const ask of asked) await assert.rejects(ask(), { name: 'StoreUnavailable' }, String(ask));
});
