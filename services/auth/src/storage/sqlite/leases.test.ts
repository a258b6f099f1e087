import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leasesContract } from '@latchkey/store/testing';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteLeases } from './leases.ts';

leasesContract('sqlite', async () => {
  const { database, close } = await temporaryDatabase();
  return { leases: createSqliteLeases(database), close };
});

test('a lease of a former process is void', async () => {
  const { database, close } = await temporaryDatabase();
  const leases = createSqliteLeases(database);
  const lease = { name: 'sweep', now: new Date(0), ms: 60_000 };
  await leases.take({ ...lease, holder: 'gone' });
  assert.equal(await leases.take({ ...lease, holder: 'new' }), false);
  await leases.reclaim();
  assert.equal(await leases.take({ ...lease, holder: 'new' }), true);
  await close();
});
