import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestsContract } from '../../ports/testing/requests.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteRequests } from './requests.ts';

requestsContract('sqlite', async () => {
  const { database, close } = await temporaryDatabase();
  return { requests: createSqliteRequests(database), close };
});

test('what a former process held can be claimed at once', async () => {
  const { database, close } = await temporaryDatabase();
  const requests = createSqliteRequests(database);
  const at = new Date(0).toISOString();
  await requests.add({ id: '1', kind: 'verification', address: 'ada@example.com', at, correlationId: 'c' });
  const claim = { now: new Date(0), leaseMs: 60_000, limit: 10 };
  assert.equal((await requests.claim({ ...claim, owner: 'gone' })).length, 1);
  assert.equal((await requests.claim({ ...claim, owner: 'new' })).length, 0);
  await requests.reclaim();
  assert.equal((await requests.claim({ ...claim, owner: 'new' })).length, 1);
  await close();
});
